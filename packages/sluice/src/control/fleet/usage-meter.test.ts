import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { UsageMeter } from './usage-meter.ts';

test('cores are the difference of two readings; what cannot be read is unknown, and begins anew', async () => {
  // Half of the jitter: readings are exactly 2 s apart.
  const runtime = { ...manualRuntime(), random: () => 0.5 };
  const meter = new UsageMeter(runtime);
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
  const meter = new UsageMeter(runtime);
  const late = Promise.withResolvers<{ cpuSeconds: number; memoryBytes: number }>();
  meter.follow({ usage: () => late.promise });
  runtime.advance(2_000);
  meter.follow({ usage: () => Promise.reject(new Error('no such process')) });
  late.resolve({ cpuSeconds: 1, memoryBytes: 1 });
  runtime.advance(2_000);
  await turn();
  assert.deepEqual([meter.cpu, meter.memoryBytes], [null, null]);
});
