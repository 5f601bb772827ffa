import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration, parseShare, parseSize } from './quantity.ts';

test('durations carry a unit and may have several', () => {
  const cases: readonly [string, number][] = [
    ['5s', 5_000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['0s', 0],
    ['2d', 172_800_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('what is not a duration is refused', () => {
  for (const text of ['', '5', 's', '-1s', '5 s', '5S', '1e3s', '.5s', '5s ', '1h30', 'NaNs', '1..5s'])
    assert.equal(parseDuration(text), null, text);
});

test('a duration is read back from its own text', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});

test('sizes tell thousands from 1,024s', () => {
  assert.equal(parseSize('32KiB'), 32_768);
  assert.equal(parseSize('32kB'), 32_000);
  assert.equal(parseSize('1MB'), 1_000_000);
  assert.equal(parseSize('1.5MiB'), 1_572_864);
  assert.equal(parseSize('0B'), 0);
});

test('what is not a size is refused', () => {
  for (const text of ['', '32', '32K', '32 KiB', '-1B', 'KiB', '1kb', '1MiBs']) assert.equal(parseSize(text), null, text);
});

test('a percentage is a share', () => {
  assert.equal(parseShare('20%'), 0.2);
  assert.equal(parseShare('0.5%'), 0.005);
  for (const text of ['20', '%', '-1%', '1e1%', '20 %']) assert.equal(parseShare(text), null, text);
});
