import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatGrpcTimeout, parseGrpcTimeout } from './timeout.ts';

describe('a grpc-timeout is read', () => {
  const cases: readonly (readonly [text: string, ms: number])[] = [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['500u', 0.5],
    ['1000000n', 1],
    ['0n', 0],
    ['00000001S', 1_000],
    ['99999999H', 359_999_996_400_000],
  ];
  for (const [text, ms] of cases) test(text, () => assert.equal(parseGrpcTimeout(text), ms));
});

describe('a grpc-timeout is refused', () => {
  for (const text of [
    '',
    'S',
    '1',
    '123456789S',
    '-1S',
    '+1S',
    ' 1S',
    '1S ',
    '1 S',
    '1s',
    '1h',
    '1.5S',
    '1e3S',
    '0x1S',
    '1SS',
    '١S',
    '1:',
    '1constructor',
    '1\0',
  ]) {
    test(JSON.stringify(text), () => assert.equal(parseGrpcTimeout(text), null));
  }
});

test('a timeout is written in the finest unit that holds it', () => {
  assert.equal(formatGrpcTimeout(1_500), '1500000u');
  assert.equal(formatGrpcTimeout(99_999.999), '99999999u');
  assert.equal(formatGrpcTimeout(100_000), '100000m');
  assert.equal(formatGrpcTimeout(99_999_999.5), '100000S');
  assert.equal(formatGrpcTimeout(1e11), '1666667M');
  assert.equal(formatGrpcTimeout(6e12), '1666667H');
  assert.equal(formatGrpcTimeout(Infinity), '99999999H');
});

test('nothing left is zero, and the least is not', () => {
  assert.equal(formatGrpcTimeout(0), '0n');
  assert.equal(formatGrpcTimeout(-5), '0n');
  assert.equal(formatGrpcTimeout(0.000_01), '1u');
});

test('what is written is read back, and never less', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3e14, noNaN: true }), (ms) => {
      const back = parseGrpcTimeout(formatGrpcTimeout(ms));
      assert.ok(back !== null && back >= ms * (1 - 1e-12) && back <= ms * 1.001 + 0.001, `${ms} -> ${formatGrpcTimeout(ms)} -> ${back}`);
    }),
  );
});
