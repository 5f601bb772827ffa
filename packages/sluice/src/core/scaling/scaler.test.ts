import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from './decision.ts';
import { Scaler } from './scaler.ts';
import { FREE, mean, replicas, run, sample, target, total } from '../../../test/support/scaling.ts';

test('the largest answer wins, and the record says what each policy said', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 20), target('rps', 100)] }));
  const decision = scaler.decide(sample(0, 4, { 'in-flight': total(83), rps: total(300) }));
  assert.equal(decision.wanted, 5);
  assert.equal(decision.winner, 'in-flight');
  assert.equal(decision.action, 'out');
  assert.deepEqual(
    decision.answers.map(({ policy, figure, wanted }) => [policy, figure, wanted]),
    [
      ['in-flight', 83, 5],
      ['rps', 300, 3],
    ],
  );
  assert.equal(decision.reason, 'in-flight 83 of 4 × 20: 5 wanted');
  assert.deepEqual(decision.bounds, []);
});

test('every bound that moves the number is recorded, and the last one is in the reason with its detail', () => {
  const scaler = new Scaler('users', replicas({ max: 6, behavior: { ...FREE, out: { ...FREE.out, share: 0, count: 4 } } }));
  const decision = scaler.decide(sample(0, 4, { 'in-flight': total(200) }));
  assert.deepEqual(
    decision.bounds.map(({ bound, from, to }) => [bound, from, to]),
    [
      ['rate', 20, 8],
      ['max', 8, 6],
    ],
  );
  assert.equal(decision.reason, 'in-flight 200 of 4 × 10: 20 wanted; rate: 8; max: 6 (max is 6)');
});

test('without policies there are as many as at the start', () => {
  const scaler = new Scaler('users', replicas({ scale: [], initial: 3 }));
  const decision = scaler.decide(sample(0, 1, {}));
  assert.deepEqual([decision.wanted, decision.winner, decision.reason], [3, null, 'no policies: 3 wanted']);
});

test('while every figure is unknown there are as many as there are', () => {
  const scaler = new Scaler('users', replicas());
  const decision = scaler.decide(sample(0, 4, { 'in-flight': null }));
  assert.deepEqual([decision.wanted, decision.winner, decision.reason], [4, null, 'no policy has an answer: 4 wanted, as there are']);
});

test('a number fixed by hand passes the pace, but not min and max, the money or the machine', () => {
  const plan = replicas({ max: 10, min: 2, cost: { perInstanceHour: 0.5, ceilingPerHour: 4 } });
  const by = (manual: number, limit: number | null): number => {
    const ceiling = limit === null ? null : { limit, detail: 'memory for 7' };
    return new Scaler('users', plan).decide(sample(0, 3, { 'in-flight': total(10) }, { manual, ceiling })).wanted;
  };
  assert.equal(by(0, null), 2);
  assert.equal(by(6, null), 6);
  assert.equal(by(20, null), 8);
  assert.equal(by(20, 7), 7);
});

test('a number fixed by hand keeps to bounds that a later plan sets, and comes back with them', () => {
  const scaler = new Scaler('users', replicas({ min: 0, max: 10 }));
  const by = (second: number, wanted: number): Decision => scaler.decide(sample(second, wanted, { 'in-flight': total(10) }, { manual: 8 }));
  assert.equal(by(0, 1).wanted, 8);
  scaler.update(replicas({ min: 0, max: 3 }));
  assert.equal(by(1, 8).wanted, 3);
  assert.match(by(2, 3).reason, /manual: 8; max: 3 \(max is 3\)$/);
  scaler.update(replicas({ min: 0, max: 10 }));
  assert.equal(by(3, 3).wanted, 8);
});

test('a figure beyond all measure is a large one: it ends at max, and goes as it came', { timeout: 5_000 }, () => {
  for (const huge of [total(1e308), mean(1e308)]) {
    const panic = { windowMs: 4_000, threshold: 2 };
    const scaler = new Scaler('users', replicas({ max: 9, scale: [target('cpu', 1e-6, { panic, stableMs: 20_000 })] }));
    const decisions = run(scaler, { from: 0, seconds: 3, wanted: 3, figures: () => ({ cpu: huge }) });
    assert.equal(decisions.at(-1)?.wanted, 9);
    assert.ok(decisions.every(({ raw, answers }) => Number.isFinite(raw) && Number.isFinite(answers[0]?.figure)));
    assert.equal(run(scaler, { from: 3, seconds: 60, wanted: 9, figures: () => ({ cpu: total(0) }) }).at(-1)?.wanted, 1);
  }
});

test('after a number fixed by hand, the window for going in still knows it', () => {
  const scaler = new Scaler('users', replicas({ behavior: { ...FREE, in: { ...FREE.in, stabilizationMs: 60_000 } } }));
  run(scaler, { from: 0, seconds: 10, wanted: 8, figures: () => ({ 'in-flight': total(10) }), over: { manual: 8 } });
  const decisions = run(scaler, { from: 10, seconds: 70, wanted: 8, figures: () => ({ 'in-flight': total(10) }) });
  assert.equal(
    decisions.findIndex(({ wanted }) => wanted < 8),
    59,
  );
});

test('a changed plan keeps the windows of the policies that stay', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 10, { stableMs: 60_000 })] }));
  run(scaler, { from: 0, seconds: 60, wanted: 10, figures: () => ({ 'in-flight': total(100) }) });
  scaler.update(replicas({ scale: [target('rps', 5), target('in-flight', 20, { stableMs: 30_000 })] }));
  const kept = scaler.decide(sample(60, 10, { 'in-flight': total(100), rps: total(1) }));
  assert.equal(kept.answers[1]?.figure, 100);
  assert.equal(kept.wanted, 5);
});

test('time that runs backwards is the caller’s error', () => {
  const scaler = new Scaler('users', replicas());
  scaler.decide(sample(10, 1, { 'in-flight': total(1) }));
  assert.throws(() => scaler.decide(sample(9, 1, { 'in-flight': total(1) })), /samples of users come in order/);
});

test('a gap in the samples forgets what is older than the windows, and nothing else', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 10, { stableMs: 60_000 })] }));
  run(scaler, { from: 0, seconds: 60, wanted: 10, figures: () => ({ 'in-flight': total(100) }) });
  assert.equal(scaler.decide(sample(500, 10, { 'in-flight': total(30) })).wanted, 3);
});

test('a figure that is not a number is unknown', () => {
  const scaler = new Scaler('users', replicas());
  const decision = scaler.decide(sample(0, 4, { 'in-flight': total(Number.NaN) }));
  assert.deepEqual([decision.wanted, decision.answers[0]?.holds], [4, true]);
});

test('means per instance and totals say the same in the end', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('cpu', 0.5)] }));
  const decision = scaler.decide(sample(0, 4, { cpu: mean(0.8) }));
  assert.deepEqual([decision.wanted, decision.reason], [7, 'cpu 0.8 of 0.5 on 4: 7 wanted']);
});
