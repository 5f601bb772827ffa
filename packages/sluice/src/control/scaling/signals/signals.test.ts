import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf } from '../../../base/histogram.ts';
import { instant, timestamp } from '../../../base/time.ts';
import type { ResourcesPlan } from '../../../config/fleet-plan.ts';
import { endpointTable, resetEndpoint } from '../../../core/balancing/endpoint-table.ts';
import { LATENCY_UNITS_PER_MS } from '../../../core/health/outcome.ts';
import type { BuiltInSignal } from '../../../core/scaling/policy.ts';
import { BUCKETS, ROW_LENGTH, STARTED } from '../../../observe/metric-layout.ts';
import { fakeScaledService, fleetServicePlan, instanceView } from '../../../../test/support/scaled-service.ts';
import { builtInReader } from './built-in.ts';

const SLOT = 2;

/** A service whose counters the test moves; endpoints have the rows 0, 1, … */
function world(ready: number, resources?: ResourcesPlan) {
  const service = fakeScaledService('users', ready);
  if (resources !== undefined) service.plan = fleetServicePlan('users', {}, resources);
  const table = endpointTable();
  for (let slot = 0; slot < 8; slot++) resetEndpoint(table, slot);
  const row = new Float64Array(ROW_LENGTH);
  const state = { now: 100_000, concurrency: 0, quietMs: 0 };
  return {
    service,
    table,
    row,
    state,
    report(slot: number, at: number) {
      table.reportedStamp[slot] = at;
    },
    reader(name: BuiltInSignal, percentile = 0.95) {
      const reader = builtInReader({ kind: 'built-in', name, percentile });
      return () =>
        reader.read({
          now: instant(state.now),
          wall: timestamp(state.now),
          service,
          table,
          slot: SLOT,
          row,
          ready: service.views.map((view, slot) => ({ view, slot })),
          concurrency: state.concurrency,
          quietMs: state.quietMs,
        });
    },
  };
}

test('in flight and parked are totals', () => {
  const { table, state, reader } = world(2);
  state.concurrency = 12;
  table.serviceParked[SLOT] = 4;
  assert.deepEqual(reader('in-flight')(), { value: 12, per: 'service' });
  assert.deepEqual(reader('parked')(), { value: 4, per: 'service' });
});

test('requests per second are those that arrived since the last second; a look in between changes nothing', () => {
  const { row, state, reader } = world(2);
  const read = reader('rps');
  row[STARTED] = 1_000;
  assert.equal(read(), null, 'one look is no rate');
  state.now += 2_000;
  row[STARTED] = 1_500;
  assert.deepEqual(read(), { value: 250, per: 'service' });
  state.now += 10;
  row[STARTED] = 1_600;
  assert.deepEqual(read(), { value: 250, per: 'service' });
  state.now += 990;
  assert.deepEqual(read(), { value: 100, per: 'service' });
});

test('totals that wrap at 32 bits give the right rate', () => {
  const { table, state, reader } = world(1);
  const read = reader('shed');
  table.serviceShed[SLOT] = 2 ** 31 - 5;
  read();
  table.serviceShed[SLOT] = -(2 ** 31) + 5;
  state.now += 1_000;
  assert.deepEqual(read(), { value: 10, per: 'service' });
});

test('queue wait is the mean of those that went on; while nobody goes on, it is how long that has lasted', () => {
  const { table, state, reader } = world(1);
  const read = reader('queue-wait');
  assert.equal(read(), null);
  state.now += 1_000;
  table.serviceWaited[SLOT] = 4;
  table.serviceWaitSum[SLOT] = 200 * LATENCY_UNITS_PER_MS;
  assert.deepEqual(read(), { value: 50, per: 'instance' });
  table.serviceQueued[SLOT] = 7;
  state.now += 1_000;
  assert.deepEqual(read(), { value: 0, per: 'instance' });
  state.now += 3_000;
  assert.deepEqual(read(), { value: 3_000, per: 'instance' });
  table.serviceQueued[SLOT] = 0;
  state.now += 1_000;
  assert.deepEqual(read(), { value: 0, per: 'instance' });
});

test('latency is a percentile of the last 10 s', () => {
  const { row, state, reader } = world(1);
  const read = reader('latency');
  row[BUCKETS + bucketOf(5_000)] = 1_000; // long ago
  read();
  for (let second = 0; second < 20; second++) {
    state.now += 1_000;
    row[BUCKETS + bucketOf(second < 10 ? 2_000 : 20)]! += 50;
    read();
  }
  const { value = 0, per } = read() ?? {};
  assert.equal(per, 'instance');
  assert.ok(value > 16 && value <= 25, `the slow ones are more than 10 s ago, got ${value}`);
});

test('few requests give a median over a longer time: one slow one of them is no tail', () => {
  const { row, state, reader } = world(1);
  const read = reader('latency');
  read();
  for (let second = 0; second < 50; second++) {
    state.now += 1_000;
    if (second % 5 === 0) row[BUCKETS + bucketOf(second === 45 ? 10_000 : 20)]! += 1;
    read();
  }
  const value = read()?.value ?? 0;
  assert.ok(value > 10 && value <= 25, `got ${value}`);
});

test('latency of nothing is nothing, and unknown while something hangs', () => {
  const { state, reader } = world(1);
  const read = reader('latency');
  read();
  state.now += 10_000;
  assert.deepEqual(read(), { value: 0, per: 'instance' });
  state.concurrency = 3;
  state.now += 1_000;
  assert.equal(read(), null);
});

test('CPU is the mean share of what an instance may use: its bound, or one core', () => {
  const bounded = world(2, { cpu: 0.5, memoryBytes: null });
  bounded.service.views = [0.5, 0.25].map((cpu, index) => instanceView(`users.${index}`, `127.0.0.1:${4_001 + index}`, { cpu }));
  assert.deepEqual(bounded.reader('cpu')(), { value: 0.75, per: 'instance' });
  const free = world(1);
  free.service.views = [instanceView('users.1', '127.0.0.1:4001', { cpu: 0.9 })];
  assert.deepEqual(free.reader('cpu')(), { value: 0.9, per: 'instance' });
});

test('where the runner knows nothing, what applications reported counts for 10 s', () => {
  const { table, state, report, reader } = world(3);
  table.reportedCpu.set([0.4, 0.6, 0.9]);
  report(0, state.now);
  report(1, state.now - 10_000);
  report(2, state.now - 10_001);
  assert.deepEqual(reader('cpu')(), { value: 0.5, per: 'instance' });
  state.now += 20_000;
  assert.equal(reader('cpu')(), null);
  assert.equal(reader('memory')(), null);
  state.quietMs = 10_001;
  assert.deepEqual(reader('cpu')(), { value: 0, per: 'instance' }, 'who was asked nothing has nothing to report');
  assert.equal(reader('memory')(), null, 'memory does not go away by that');
});

test('memory is the share of its bound', () => {
  const { service, reader } = world(2, { cpu: null, memoryBytes: 1_000 });
  service.views = [900, 100].map((memoryBytes, index) => instanceView(`u.${index}`, `127.0.0.1:${4_001 + index}`, { memoryBytes }));
  assert.deepEqual(reader('memory')(), { value: 0.5, per: 'instance' });
});

test('event loop and delay are means over fresh reports; jobs are a total, the silent ones estimated', () => {
  const { table, state, report, reader } = world(4);
  table.reportedEventLoop.set([0.2, 0.6, 1, 1]);
  table.reportedEventLoopDelay.set([10, 30, 500, 500]);
  table.reportedJobs.set([6, 10, 99, -1]);
  for (const slot of [0, 1, 3]) report(slot, state.now);
  table.reportedEventLoop[3] = table.reportedEventLoopDelay[3] = -1;
  assert.deepEqual(reader('event-loop')(), { value: 0.4, per: 'instance' });
  assert.deepEqual(reader('event-loop-delay')(), { value: 20, per: 'instance' });
  assert.deepEqual(reader('jobs')(), { value: 32, per: 'service' });
  state.now += 60_000;
  assert.deepEqual([reader('event-loop')(), reader('jobs')()], [null, null]);
  state.quietMs = 20_000;
  assert.deepEqual([reader('event-loop-delay')(), reader('jobs')()], [{ value: 0, per: 'instance' }, null]);
});
