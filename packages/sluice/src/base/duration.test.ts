import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText } from './duration.ts';

test('durations are said in the units that people would choose', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [0.4, '0 ms'],
    [202, '202 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_470, '1.47 s'],
    [3_853, '3.85 s'],
    [30_000, '30 s'],
    [59_940, '59.9 s'],
    [59_970, '1 min'],
    [90_000, '1 min 30 s'],
    [120_000, '2 min'],
    [3_599_600, '1 h'],
    [12_000_000, '3 h 20 min'],
    [90_000_000, '25 h'],
  ];
  for (const [ms, text] of cases) assert.equal(durationText(ms), text, String(ms));
});
