import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { shortAge, shortCount, shortDuration, tableLines, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'REQS', align: 'right' },
];

test('columns are as wide as their cells; numbers stand right', () => {
  deepEqual(
    tableLines(
      COLUMNS,
      [
        ['users', 'up', '12'],
        ['a', 'draining', '12345'],
      ],
      80,
    ),
    ['NAME   STATE      REQS', 'users  up           12', 'a      draining  12345'],
  );
});

test('what does not fit is cut at the front of the first column, behind its indent', () => {
  const lines = tableLines(COLUMNS, [['  unix:/run/very/long/path/app.sock', 'up', '1']], 30);
  deepEqual(lines, ['NAME                STATE REQS', '  …ng/path/app.sock up       1']);
});

test('counts take five characters at most', () => {
  deepEqual([0, 99_999, 100_000, 999_499, 999_500, 1_240_000, 12_400_000, 1e9, 5e11, 2e12].map(shortCount), [
    '0',
    '99999',
    '100k',
    '999k',
    '1.0M',
    '1.2M',
    '12M',
    '1.0G',
    '500G',
    '2T',
  ]);
});

test('durations take six characters at most', () => {
  deepEqual([null, 0, 0.123, 1, 9.94, 9.96, 999.4, 999.6, 9_940, 60_000].map(shortDuration), [
    '-',
    '0.00ms',
    '0.12ms',
    '1.0ms',
    '9.9ms',
    '10ms',
    '999ms',
    '1.0s',
    '9.9s',
    '60s',
  ]);
});

test('an age has two units', () => {
  deepEqual([5, 65, 3_700, 90_061].map(shortAge), ['5s', '1m5s', '1h1m', '1d1h']);
  equal(shortAge(0), '0s');
});
