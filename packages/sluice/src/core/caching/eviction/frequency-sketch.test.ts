import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mix32 } from '../../../base/hash.ts';
import { FrequencySketch } from './frequency-sketch.ts';
import { Regions } from './regions.ts';

const NEVER = 1e9;

function newSketch(counters: number, seed = 1): FrequencySketch {
  const counted = new Regions(null, 0);
  new FrequencySketch(counted, counters);
  const sketch = new FrequencySketch(new Regions(new ArrayBuffer(counted.bytes), 0), counters);
  sketch.format(seed);
  return sketch;
}

test('never estimates too low, and seldom too high', () => {
  const sketch = newSketch(16_000);
  for (let key = 0; key < 1_000; key++) for (let use = 0; use <= key % 10; use++) sketch.count(mix32(key), NEVER);
  let wrong = 0;
  for (let key = 0; key < 1_000; key++) {
    const estimate = sketch.estimate(mix32(key));
    assert.ok(estimate >= (key % 10) + 1);
    if (estimate > (key % 10) + 1) wrong++;
  }
  assert.ok(wrong < 50, `${wrong} of 1,000`);
});

test('counts to 15', () => {
  const sketch = newSketch(1);
  for (let use = 0; use < 100; use++) sketch.count(7, NEVER);
  assert.equal(sketch.estimate(7), 15);
});

test('halves all counts when a sample is full', () => {
  const sketch = newSketch(1_000);
  for (let use = 0; use < 9; use++) sketch.count(1, 20);
  for (let use = 0; use < 10; use++) sketch.count(2, 20);
  assert.deepEqual([sketch.estimate(1), sketch.estimate(2)], [9, 10]);
  sketch.count(3, 20);
  assert.deepEqual([sketch.estimate(1), sketch.estimate(2), sketch.estimate(3)], [4, 5, 0]);
});

test('another seed lets other keys share counters', () => {
  const estimates = [1, 2].map((seed) => {
    const sketch = newSketch(128, seed);
    for (let key = 0; key < 200; key++) sketch.count(mix32(key), NEVER);
    return Array.from({ length: 200 }, (_, key) => sketch.estimate(mix32(key)));
  });
  assert.notDeepEqual(estimates[0], estimates[1]);
});
