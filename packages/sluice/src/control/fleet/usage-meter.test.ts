import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { replicas, target } from '../../../test/support/scaling.ts';
import { usageEveryMs, UsageMeter } from './usage-meter.ts';

test('cores are the difference of two readings; what cannot be read is unknown, and begins anew', async () => {
  // Half of the jitter: readings are exactly 2 s apart.
  const runtime = { ...manualRuntime(), random: () => 0.5 };
  const meter = new UsageMeter(runtime, () => 2_000);
  let usage: { cpuSeconds: number; memoryBytes: number } | null = null;
  const read = async (cpuSeconds: number | null, memoryBytes = 0): Promise<(number | null)[]> => {
    usage = cpuSeconds === null ? null : { cpuSeconds, memoryBytes };
    runtime.advance(2_000);
    await turn();
    return [meter.cpu, meter.memoryBytes];
  };
  meter.follow({ usage: () => Promise.resolve(usage) });
  assert.deepEqual(await read(10, 5), [null, 5]);
  assert.deepEqual(await read(13, 6), [1.5, 6]);
  assert.deepEqual(await read(null), [null, null]);
  assert.deepEqual(await read(20, 7), [null, 7]);
  assert.deepEqual(await read(19, 7), [0, 7], 'a counter that went back is no negative use');
  meter.stop();
  assert.deepEqual([meter.cpu, meter.memoryBytes], [null, null]);
  assert.deepEqual(await read(30, 8), [null, null], 'nothing is read any more');
});

test('readings that fail or come too late count for nothing', async () => {
  const runtime = { ...manualRuntime(), random: () => 0.5 };
  const meter = new UsageMeter(runtime, () => 2_000);
  const late = Promise.withResolvers<{ cpuSeconds: number; memoryBytes: number }>();
  meter.follow({ usage: () => late.promise });
  runtime.advance(2_000);
  meter.follow({ usage: () => Promise.reject(new Error('no such process')) });
  late.resolve({ cpuSeconds: 1, memoryBytes: 1 });
  runtime.advance(2_000);
  await turn();
  assert.deepEqual([meter.cpu, meter.memoryBytes], [null, null]);
});

test('what is known is read as often as it is wanted', async () => {
  const runtime = { ...manualRuntime(), random: () => 0.5 };
  let everyMs = 10_000;
  const meter = new UsageMeter(runtime, () => everyMs);
  let readings = 0;
  meter.follow({ usage: () => Promise.resolve({ cpuSeconds: ++readings, memoryBytes: 1 }) });
  const pass = async (seconds: number): Promise<number> => {
    for (let second = 0; second < seconds; second++) {
      runtime.advance(1_000);
      await turn();
    }
    return readings;
  };
  assert.equal(await pass(4), 2, 'the first two readings give the first figure');
  assert.equal(await pass(9), 2);
  assert.equal(await pass(1), 3);
  everyMs = 2_000;
  assert.equal(await pass(10), 4, 'from the next reading on');
  assert.equal(await pass(4), 6);
  meter.stop();
});

test('instances are read often where their number depends on it', () => {
  const often = (scale: readonly ReturnType<typeof target>[]): number => usageEveryMs(replicas({ scale }));
  assert.equal(often([target('in-flight', 20), target('cpu', 0.7)]), 2_000);
  assert.equal(often([target('memory', 0.8)]), 2_000);
  assert.equal(often([target('in-flight', 20)]), 10_000);
  assert.equal(often([]), 10_000);
});
