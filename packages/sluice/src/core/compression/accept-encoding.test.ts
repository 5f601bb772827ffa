import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseCoding, CODINGS, type Coding } from './accept-encoding.ts';

const cases: readonly (readonly [accept: string | null, chosen: Coding | null])[] = [
  [null, null],
  ['', null],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['GZip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', null],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br;q=0.800, gzip;q=0.8', 'br'],
  ['gzip;q=0', null],
  ['gzip;q=0.001', 'gzip'],
  ['*', 'zstd'],
  ['*;q=0', null],
  ['zstd;q=0, *', 'br'],
  ['identity;q=0.9, gzip;q=0.5', null],
  ['identity;q=0.5, gzip;q=0.5', 'gzip'],
  ['identity;q=0, gzip', 'gzip'],
  ['identity', null],
  [' ,gzip ; Q=1.000 ,', 'gzip'],
  ['gzip;q=0, gzip', null],
];

describe('the coding', () => {
  for (const [accept, chosen] of cases) {
    test(`for ${JSON.stringify(accept)} is ${chosen ?? 'none'}`, () => assert.equal(chooseCoding(accept, CODINGS), chosen));
  }

  test('is, among equals, the one that we name first', () => {
    assert.equal(chooseCoding('br, gzip, zstd', ['gzip', 'br', 'zstd']), 'gzip');
    assert.equal(chooseCoding('br, zstd', ['gzip']), null);
  });

  const broken = [
    'gzip;q=1.1',
    'gzip;q=2',
    'gzip;q=',
    'gzip;q=0.1234',
    'gzip;q=-1',
    'gzip;x=1',
    'gzip;q=1 br',
    'gz ip',
    'gzip;',
    '"gzip"',
    'gzip;q=.5',
    'gzip/1',
  ];
  for (const accept of broken) {
    test(`for ${JSON.stringify(accept)}, which cannot be read, is none`, () => assert.equal(chooseCoding(accept, CODINGS), null));
  }
});
