import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import { TierBreaker } from './tier-breaker.ts';

function world(): { breaker: TierBreaker; said: string[]; wait(ms: number): void } {
  let now = 1_000;
  const said: string[] = [];
  const clock = { now: () => instant(now), wall: () => timestamp(now) };
  const breaker = new TierBreaker({ clock, restMs: 10_000, failed: (reason) => said.push(reason), back: () => said.push('back') });
  return { breaker, said, wait: (ms) => void (now += ms) };
}

test('after a failure nobody asks for a while, then one, then all', () => {
  const { breaker, said, wait } = world();
  assert.equal(breaker.allows(), true);
  breaker.failedWith(new Error('ENOSPC'));
  assert.equal(breaker.allows(), false);
  wait(10_000);
  assert.deepEqual([breaker.allows(), breaker.allows()], [true, false]);
  breaker.succeeded();
  assert.deepEqual([breaker.allows(), breaker.allows()], [true, true]);
  assert.deepEqual(said, ['ENOSPC', 'back']);
});

test('what was asked before it failed does not bring it back', () => {
  const { breaker, said } = world();
  breaker.failedWith('full');
  breaker.succeeded();
  assert.deepEqual([breaker.allows(), said], [false, ['full']]);
});

test('what fails again and again is told once, and at most once a minute when it comes and goes', () => {
  const { breaker, said, wait } = world();
  for (let times = 0; times < 3; times++) {
    breaker.failedWith('full');
    breaker.failedWith('full');
    wait(10_000);
    assert.equal(breaker.allows(), true);
    breaker.succeeded();
  }
  assert.deepEqual(said, ['full', 'back']);
  wait(60_000);
  breaker.failedWith('full');
  assert.deepEqual(said, ['full', 'back', 'full']);
});
