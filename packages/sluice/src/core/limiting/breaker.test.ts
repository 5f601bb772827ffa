import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { Breaker, type BreakerStep } from './breaker.ts';
import { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN } from './breaker-trials.ts';

const RULES = { failureShare: 0.5, requestVolume: 20, windowMs: 10_000, openMs: 5_000, trialRequests: 2 };

/** A service's counters, as workers would keep them, and the breaker over them. */
class World {
  readonly breaker: Breaker;
  ended: number;
  failed: number;
  state = BREAKER_CLOSED;
  trials = 0;
  now = 1_000;

  constructor(totals = 0) {
    this.ended = totals;
    this.failed = totals;
    this.breaker = new Breaker(RULES, { ended: totals, failed: totals });
  }

  tick(waitMs: number, ended = 0, failed = 0): BreakerStep | null {
    this.now += waitMs;
    this.ended = (this.ended + ended) | 0;
    this.failed = (this.failed + failed) | 0;
    const step = this.breaker.tick({ ended: this.ended, failed: this.failed, state: this.state, trials: this.trials }, instant(this.now));
    if (step !== null) {
      this.state = step.state;
      this.trials = step.trials;
    }
    return step;
  }
}

function opened(): World {
  const world = new World();
  world.tick(0);
  assert.equal(world.tick(100, 20, 10)?.change, 'opened');
  return world;
}

test('it opens at the failure share, with the figures, and not below the volume', () => {
  const world = new World();
  world.tick(0);
  assert.equal(world.tick(100, 19, 19), null, 'volume');
  const step = world.tick(100, 21, 1);
  assert.deepEqual(step, { state: BREAKER_OPEN, trials: 0, change: 'opened', failureShare: 0.5, requests: 40 });
});

test('a share below the limit leaves it closed', () => {
  const world = new World();
  world.tick(0);
  assert.equal(world.tick(100, 1_000, 499), null);
});

test('what is older than the window is forgotten', () => {
  const world = new World();
  world.tick(0);
  world.tick(100, 19, 19);
  assert.equal(world.tick(10_000, 19, 0), null);
  assert.equal(world.state, BREAKER_CLOSED);
});

test('it does not open over failures that are past, when good requests before them leave the window', () => {
  const world = new World();
  world.tick(0);
  world.tick(100, 50, 0);
  assert.equal(world.tick(5_000, 40, 40), null, '44 %');
  assert.equal(world.tick(100, 10, 0), null);
  for (let tick = 0; tick < 100; tick++) assert.equal(world.tick(100, 0, 0), null, '80 %, but nothing fails now');
});

test('totals from before it was made do not count, and totals may wrap', () => {
  const world = new World(2_147_483_640);
  assert.equal(world.tick(0), null);
  assert.equal(world.tick(100, 30, 30)?.requests, 30);
});

test('what comes before its first tick counts', () => {
  assert.equal(new World().tick(0, 20, 20)?.change, 'opened');
});

test('after openMs it hands out trials; all good closes it', () => {
  const world = opened();
  assert.equal(world.tick(4_999), null);
  const step = world.tick(1);
  assert.deepEqual([step?.change, step?.state, step?.trials], ['half-open', BREAKER_HALF_OPEN, 2]);
  world.trials = 1 << 16;
  assert.equal(world.tick(100), null, 'one of two');
  world.trials = 2 << 16;
  assert.equal(world.tick(100)?.change, 'closed');
  assert.equal(world.state, BREAKER_CLOSED);
  assert.equal(world.tick(100, 10, 10), null, 'the failures that opened it are forgotten');
});

test('a failed trial opens it for openMs again', () => {
  const world = opened();
  world.tick(5_000);
  world.state = BREAKER_OPEN;
  assert.equal(world.tick(100)?.change, 'reopened');
  assert.equal(world.tick(4_900), null);
  assert.equal(world.tick(100)?.change, 'half-open');
});

test('late failures of requests from before do not reopen it', () => {
  const world = opened();
  world.tick(5_000);
  assert.equal(world.tick(100, 50, 50), null);
  assert.equal(world.state, BREAKER_HALF_OPEN);
});

test('trials that never end are handed out again after openMs', () => {
  const world = opened();
  world.tick(5_000);
  world.trials = 0;
  const step = world.tick(5_000);
  assert.deepEqual([step?.change, step?.trials], [null, 2]);
});
