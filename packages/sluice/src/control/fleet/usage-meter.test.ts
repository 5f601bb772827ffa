import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { UsageMeter } from './usage-meter.ts';

test('cores are the difference of two readings; what cannot be read is unknown, and begins anew', () => {
  const meter = new UsageMeter();
  meter.sample({ cpuSeconds: 10, memoryBytes: 5 }, instant(1_000));
  assert.deepEqual([meter.cpu, meter.memoryBytes], [null, 5]);
  meter.sample({ cpuSeconds: 13, memoryBytes: 6 }, instant(3_000));
  assert.deepEqual([meter.cpu, meter.memoryBytes], [1.5, 6]);
  meter.sample(null, instant(5_000));
  assert.deepEqual([meter.cpu, meter.memoryBytes], [null, null]);
  meter.sample({ cpuSeconds: 20, memoryBytes: 7 }, instant(7_000));
  assert.equal(meter.cpu, null);
  meter.sample({ cpuSeconds: 19, memoryBytes: 7 }, instant(9_000));
  assert.equal(meter.cpu, 0, 'a counter that went back, with a child that ended, is no negative use');
});
