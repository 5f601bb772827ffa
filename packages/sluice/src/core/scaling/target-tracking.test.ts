import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FREE, mean, replicas, run, sample, target, total } from '../../../test/support/scaling.ts';
import { Scaler } from './scaler.ts';

const knative = target('in-flight', 10, { stableMs: 60_000, panic: { windowMs: 6_000, threshold: 2 } });

test('stable: the mean over the window divided by the target, rounded up', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 20, { stableMs: 60_000 })] }));
  const decisions = run(scaler, { from: 0, seconds: 60, wanted: 1, figures: (second) => ({ 'in-flight': total(second < 30 ? 20 : 60) }) });
  assert.equal(decisions[29]?.wanted, 1);
  assert.equal(decisions[59]?.answers[0]?.figure, 40);
  assert.equal(decisions[59]?.wanted, 2);
});

test('panic: from twice what the ready ones may take the short window counts, and nothing is taken away until a stable window later', () => {
  const scaler = new Scaler('users', replicas({ scale: [knative] }));
  run(scaler, { from: 0, seconds: 60, wanted: 2, figures: () => ({ 'in-flight': total(20) }) });
  const burst = run(scaler, { from: 60, seconds: 10, wanted: 2, figures: () => ({ 'in-flight': total(80) }) });
  // The stable mean asks for 3 at once; the short one is 60 in the fourth second: 6 instances against 3 ready.
  assert.deepEqual(
    burst.map(({ wanted }) => wanted),
    [3, 3, 3, 6, 7, 8, 8, 8, 8, 8],
  );
  const calm = run(scaler, { from: 70, seconds: 70, wanted: 8, figures: () => ({ 'in-flight': total(20) }) });
  const first = calm.findIndex(({ wanted }) => wanted < 8);
  // Over the threshold last at second 63; a stable window later is second 123, 53 into the calm.
  assert.equal(first, 53);
  assert.match(burst[5]?.answers[0]?.detail ?? '', /^stable .* \/ 10; panic 80 \/ 10: panicking since 2 s, at most 8 wanted$/);
  assert.equal(calm[10]?.answers[0]?.holds, true);
});

test('instances that are on their way do not end a panic', () => {
  const scaler = new Scaler('users', replicas({ scale: [knative] }));
  const over = { ready: 1, warm: 1, starting: 9 };
  run(scaler, { from: 0, seconds: 10, wanted: 10, figures: () => ({ 'in-flight': total(100) }), over });
  const [decision] = run(scaler, { from: 10, seconds: 1, wanted: 10, figures: () => ({ 'in-flight': total(100) }), over });
  assert.equal(decision?.answers[0]?.holds, true);
});

test('HPA: ceil(current × ratio) for a mean per instance', () => {
  for (const [current, figure, wanted] of [
    [4, 0.9, 8],
    [4, 0.5, 4],
    [4, 0.2, 2],
    [3, 0.51, 4],
    [10, 0.05, 1],
  ] as const) {
    const scaler = new Scaler('users', replicas({ scale: [target('cpu', 0.5)] }));
    assert.equal(scaler.decide(sample(0, current, { cpu: mean(figure) })).wanted, wanted, `${figure} on ${current}`);
  }
});

test('HPA: instances that are not warm count as idle against more, and as full against fewer', () => {
  const by = (figure: number, over: { ready: number; warm: number; starting: number }): number =>
    new Scaler('users', replicas({ scale: [target('cpu', 0.5)] })).decide(sample(0, 5, { cpu: mean(figure) }, over)).wanted;
  // 3 × 0.9 / 0.5 = 5.4: the two that start do not make it 9.
  assert.equal(by(0.9, { ready: 3, warm: 3, starting: 2 }), 6);
  assert.equal(by(0.9, { ready: 5, warm: 3, starting: 0 }), 6);
  // 3 × 0.6 / 0.5 = 3.6 would be fewer than there are: the direction must not turn.
  assert.equal(by(0.6, { ready: 3, warm: 3, starting: 2 }), 5);
  // 3 × 0.1 / 0.5 = 0.6, and two that may be full.
  assert.equal(by(0.1, { ready: 3, warm: 3, starting: 2 }), 3);
});

test('means per instance do not run away while their window still holds what was before more instances came', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('cpu', 0.5, { stableMs: 60_000 })] }));
  let wanted = 2;
  for (let second = 0; second < 180; second++) {
    ({ wanted } = scaler.decide(sample(second, wanted, { cpu: mean(1.8 / wanted) })));
    assert.ok(wanted <= 4, `${wanted} after ${second} s`);
  }
  assert.equal(wanted, 4);
});

test('a share of an instance panics half-way between its target and all that there is', () => {
  const by = (figure: number): boolean | undefined => {
    const scaler = new Scaler(
      'users',
      replicas({ scale: [target('cpu', 0.7, { stableMs: 20_000, panic: { windowMs: 4_000, threshold: 2 } })] }),
    );
    return run(scaler, { from: 0, seconds: 5, wanted: 4, figures: () => ({ cpu: mean(figure) }), over: { ready: 4, warm: 4 } }).at(-1)
      ?.answers[0]?.holds;
  };
  assert.deepEqual([by(0.84), by(0.86), by(1)], [false, true, true]);
});

test('an unknown figure holds; the latency of no request does not', () => {
  const by = (name: 'cpu' | 'latency', idle: boolean): boolean | undefined => {
    const scaler = new Scaler('users', replicas({ scale: [target(name, 1)] }));
    scaler.decide(sample(0, 4, { [name]: mean(1) }));
    return scaler.decide(sample(5, 4, { [name]: null }, idle ? { isBusy: false, concurrency: 0 } : {})).answers[0]?.holds;
  };
  assert.deepEqual([by('cpu', false), by('cpu', true), by('latency', false), by('latency', true)], [true, true, true, false]);
});

test('after the idle time an unknown report of an application holds no more', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('cpu', 1)], idleMs: 60_000 }));
  const quiet = { isBusy: false, concurrency: 0 };
  scaler.decide(sample(0, 4, { cpu: null }));
  assert.equal(scaler.decide(sample(59, 4, { cpu: null }, quiet)).answers[0]?.holds, true);
  assert.equal(scaler.decide(sample(60, 4, { cpu: null }, quiet)).answers[0]?.holds, false);
});

test('latency: at most doubled per step, judged on readings after it; fewer only below half, a tenth at a time', () => {
  const scaler = new Scaler('users', replicas({ scale: [target('latency', 100, { stableMs: 10_000 })], behavior: FREE }));
  const up = run(scaler, { from: 0, seconds: 20, wanted: 4, figures: () => ({ latency: mean(1_000) }) });
  assert.deepEqual([up[4]?.wanted, up[5]?.wanted, up[10]?.wanted, up[11]?.wanted], [4, 8, 8, 16]);
  const calm = new Scaler('users', replicas({ scale: [target('latency', 100, { stableMs: 10_000 })], behavior: FREE }));
  const even = run(calm, { from: 0, seconds: 20, wanted: 30, figures: () => ({ latency: mean(60) }) });
  assert.equal(even.at(-1)?.wanted, 30);
  const down = run(calm, { from: 20, seconds: 20, wanted: 30, figures: () => ({ latency: mean(10) }) });
  const numbers = [...new Set(down.map(({ wanted }) => wanted))];
  assert.deepEqual(numbers.slice(0, 3), [30, 27, 25]);
});
