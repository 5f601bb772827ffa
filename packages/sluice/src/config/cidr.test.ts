import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from './cidr.ts';

test('ranges come out in their canonical form, single addresses as ranges of one', () => {
  const cases: readonly [string, string][] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.1.1', '192.168.1.1/32'],
    ['::1', '::1/128'],
    ['2001:DB8:0::1/32', '2001:db8::/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ];
  for (const [given, canonical] of cases) assert.equal(parseCidr(given), canonical);
});

test('what is not a range is refused', () => {
  for (const text of [
    '',
    '10/8',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'a',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '[::1]',
    '010.0.0.0/8',
    '10.0.0.0/ 8',
  ]) {
    assert.equal(parseCidr(text), null, text);
  }
});
