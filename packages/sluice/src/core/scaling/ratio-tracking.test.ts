import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mean, replicas, sample, target } from '../../../test/support/scaling.ts';
import { Scaler } from './scaler.ts';

/** Decisions of 60 s at three times the target, with so many ready by the second. */
function wantedWhile(readyAt: (second: number, wanted: number) => number, initial = 2): number[] {
  const scaler = new Scaler('users', replicas({ scale: [target('latency', 100)] }));
  const decided: number[] = [];
  let wanted = initial;
  for (let second = 0; second < 60; second++) {
    const ready = readyAt(second, wanted);
    ({ wanted } = scaler.decide(sample(second, wanted, { latency: mean(300) }, { ready, warm: ready, starting: wanted - ready })));
    decided.push(wanted);
  }
  return decided;
}

test('instances that are on their way are not asked for again', () => {
  const decided = wantedWhile((second, wanted) => (second < 30 ? 2 : wanted));
  assert.deepEqual([decided[4], decided[5], decided[29]], [2, 4, 4]);
  assert.equal(decided[34], 4, 'readings with the new ones count from their start on');
  assert.equal(decided[35], 8);
});

test('instances that never get ready do not bring others', () => {
  assert.equal(Math.max(...wantedWhile(() => 2)), 4);
});

test('one that never gets ready does not keep others from coming', () => {
  assert.equal(wantedWhile((_second, wanted) => wanted - 1, 4).at(-1)! > 10, true);
});
