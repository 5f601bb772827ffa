import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_COUNT } from '../../base/histogram.ts';
import { instant, timestamp } from '../../base/time.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { VersionFigures } from '../../core/fleet/rollout.ts';
import { RolloutFigures } from './rollout-figures.ts';

function view(id: string, version: string): InstanceView {
  const rest = { phase: 'ready', since: instant(0), startedAt: timestamp(0), handle: null, restarts: 0, isProtected: false } as const;
  return { id, version, address: `unix:/${id}`, trouble: null, cpu: null, memoryBytes: null, ...rest };
}

function setUp() {
  const table = new Map<string, VersionFigures>();
  const figures = new RolloutFigures((address) => table.get(address) ?? null);
  const set = (id: string, requests: number, failures = 0): void => {
    const buckets = new Float64Array(BUCKET_COUNT);
    buckets[3] = requests;
    table.set(`unix:/${id}`, { requests, failures, buckets });
  };
  const read = (version: string) => {
    const { requests, failures, buckets } = figures.of(version);
    return [requests, failures, buckets[3]];
  };
  return { figures, set, read };
}

test('only what came since an instance was seen first counts, summed by version', () => {
  const { figures, set, read } = setUp();
  const all = [view('a', 'v1'), view('b', 'v1'), view('c', 'v2')];
  for (const id of ['a', 'b', 'c']) set(id, 1_000, 10);
  figures.collect(all, 0);
  assert.deepEqual(read('v1'), [0, 0, 0]);
  set('a', 1_010, 11);
  set('b', 1_005, 10);
  set('c', 1_001, 11);
  figures.collect(all, 0);
  assert.deepEqual(
    [read('v1'), read('v2'), read('v3')],
    [
      [15, 1, 15],
      [1, 1, 1],
      [0, 0, 0],
    ],
  );
});

test('who leaves takes nothing away; a row that begins anew is counted from zero', () => {
  const { figures, set, read } = setUp();
  set('a', 100);
  set('b', 100);
  figures.collect([view('a', 'v1'), view('b', 'v1')], 0);
  set('a', 150);
  set('b', 7);
  figures.collect([view('a', 'v1'), view('b', 'v1')], 0);
  assert.deepEqual(read('v1'), [57, 0, 57]);
  figures.collect([view('b', 'v1')], 0);
  assert.deepEqual(read('v1'), [57, 0, 57]);
});

test('another step counts from zero, and what came before it is not counted again', () => {
  const { figures, set, read } = setUp();
  set('a', 100);
  figures.collect([view('a', 'v1')], 0);
  set('a', 200);
  figures.collect([view('a', 'v1')], 0);
  set('a', 230);
  figures.collect([view('a', 'v1')], 1);
  set('a', 235);
  figures.collect([view('a', 'v1')], 1);
  // The 30 were seen with the new step's first look.
  assert.deepEqual(read('v1'), [35, 0, 35]);
});
