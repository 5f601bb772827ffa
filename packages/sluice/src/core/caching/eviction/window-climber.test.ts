import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Regions } from './regions.ts';
import { WindowClimber } from './window-climber.ts';

const CAPACITY = 10_000;
const SAMPLE = 100;

function newClimber(isAdaptive = true): WindowClimber {
  const climber = new WindowClimber(new Regions(new ArrayBuffer(64), 0), CAPACITY, isAdaptive);
  climber.format();
  return climber;
}

/** A sample with that many hits of 100. @returns The window after it. */
function sample(climber: WindowClimber, hits: number): number {
  for (let use = 0; use < SAMPLE; use++) climber.used(use < hits, SAMPLE);
  return climber.windowMax;
}

test('the window is 1 % at first, and stays so where it does not adapt', () => {
  const climber = newClimber(false);
  assert.equal(climber.windowMax, 100);
  for (const hits of [10, 50, 20, 90]) assert.equal(sample(climber, hits), 100);
});

test('it turns back when hits become fewer, and goes on while they become more', () => {
  const climber = newClimber();
  assert.equal(sample(climber, 50), 1, 'smaller at first, down to a byte');
  assert.equal(sample(climber, 48), 626, 'that was worse: the other way, 6.25 %');
  const third = sample(climber, 49);
  assert.ok(third > 626 && third < 626 + 625, 'that was better: on, a step that is 2 % shorter');
  assert.ok(sample(climber, 47) < third);
});

test('it never takes more than 80 %, and a sudden change makes steps long again', () => {
  const climber = newClimber();
  sample(climber, 0);
  sample(climber, 20);
  sample(climber, 10);
  for (let hits = 11; hits <= 90; hits++) sample(climber, hits);
  const window = climber.windowMax;
  assert.equal(window, 8_000);
  sample(climber, 40);
  assert.ok(window - climber.windowMax < 300, 'steps had become short');
  assert.ok(sample(climber, 80) < window - 700, 'and are long again');
});
