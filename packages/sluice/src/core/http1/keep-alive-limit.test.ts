import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { KeepAliveLimit } from './keep-alive-limit.ts';

const limitAfter = (...values: readonly string[]): number => {
  const limit = new KeepAliveLimit();
  for (const value of values) limit.announced(value);
  return limit.limitMs(instant(0));
};

test('stays a second below what is announced, or at half of what is short', () => {
  assert.equal(limitAfter('timeout=5'), 4_000);
  assert.equal(limitAfter('max=100, Timeout = 65'), 64_000);
  assert.equal(limitAfter('timeout=1'), 500);
  assert.equal(limitAfter('timeout=0'), 0);
  assert.equal(limitAfter('timeout=5', 'timeout=30'), 29_000, 'the last word counts');
});

test('what announces nothing usable changes nothing', () => {
  for (const value of ['', 'timeout', 'timeout=', 'timeout=-1', 'timeout=5s', 'timeout=1e3', 'max=5', 'xtimeout=5'])
    assert.equal(limitAfter(value), Infinity, value);
  assert.equal(limitAfter('timeout=5', 'timeout=x'), 4_000);
});

test('two closes after about the same time teach, a single one or a burst does not', () => {
  const limit = new KeepAliveLimit();
  limit.closedAfter(2_000, instant(10_000));
  for (let count = 0; count < 20; count++) limit.closedAfter(2_000, instant(10_001 + count));
  assert.equal(limit.limitMs(instant(10_030)), Infinity, 'a restart closes many at once');
  limit.closedAfter(2_100, instant(13_000));
  assert.equal(limit.limitMs(instant(13_000)), 1_600);
});

test('closes after different times are no timeout', () => {
  const limit = new KeepAliveLimit();
  [300, 1_900, 700, 2_600].forEach((idleMs, index) => limit.closedAfter(idleMs, instant(index * 5_000)));
  limit.closedAfter(3, instant(60_000));
  limit.closedAfter(3, instant(70_000));
  assert.equal(limit.limitMs(instant(70_000)), Infinity);
});

test('what was seen is forgotten after ten minutes', () => {
  const limit = new KeepAliveLimit();
  limit.closedAfter(1_000, instant(1_000));
  limit.closedAfter(1_000, instant(3_000));
  assert.equal(limit.limitMs(instant(602_999)), 800);
  assert.equal(limit.limitMs(instant(603_000)), Infinity);
});
