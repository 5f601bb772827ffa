/**
 * Hit ratios that must not change unnoticed: a policy that is wrong in a detail still evicts something, only not the right thing. The figures
 * are those of these made traces; `npm run bench -- cache-policies` holds recorded ones before those of another simulator.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loopTrace, zipfTrace } from './made-traces.ts';
import { EVICTION_NAMES, type EvictionName } from './policy.ts';
import { Regions } from './regions.ts';
import { footprint, replay, replayBefore, type ReplayTrace } from './replay.ts';
import { WTinyLfu } from './w-tinylfu.ts';

/** In percentage points. */
const TOLERANCE = 0.5;
const SEED = 1;

function percent(trace: ReplayTrace, name: EvictionName, capacity: number): number {
  const { hits, requests } = replay(trace, name, capacity, SEED);
  return (100 * hits) / requests;
}

function assertNear(measured: number, expected: number): void {
  assert.ok(Math.abs(measured - expected) <= TOLERANCE, `${measured.toFixed(2)} %, not ${expected} %`);
}

describe('a million requests for 100,000 objects, popular by Zipf’s law (0.9)', () => {
  const trace = zipfTrace({ objects: 100_000, exponent: 0.9, requests: 1_000_000, seed: 1 });
  const golden: readonly (readonly [capacity: number, ratios: Readonly<Record<EvictionName, number>>])[] = [
    [912, { fifo: 29.8, lifo: 34.2, lru: 33.4, mru: 1.6, lfu: 43.5, random: 29.8, 's3-fifo': 44.2, sieve: 44.0, 'w-tinylfu': 43.2 }],
    [9_123, { fifo: 55.0, lifo: 59.1, lru: 59.1, mru: 11.8, lfu: 65.2, random: 55.1, 's3-fifo': 65.7, sieve: 65.2, 'w-tinylfu': 66.5 }],
  ];

  test('91,220 of them are asked for', () => assert.equal(new Set(trace.requests).size, 91_220));

  for (const [capacity, ratios] of golden) {
    for (const name of EVICTION_NAMES) {
      test(`${name} with room for ${capacity} hits ${ratios[name]} %`, () => assertNear(percent(trace, name, capacity), ratios[name]));
    }
  }

  test('w-tinylfu with a window that stays at 1 % hits 44.3 %', () => {
    const options = { slots: 912, capacityBytes: 912, isAdaptive: false };
    const counted = new Regions(null, 0);
    new WTinyLfu(counted, options);
    const policy = new WTinyLfu(new Regions(new ArrayBuffer(counted.bytes), 0), options);
    policy.format(SEED);
    const { hits, requests } = replayBefore(policy, trace, 912, SEED);
    assertNear((100 * hits) / requests, 44.3);
  });
});

describe('a loop over ten times as many objects as there is room for', () => {
  const trace = loopTrace(1_011, 506_000);

  for (const name of ['lifo', 'mru'] as const) {
    test(`${name} keeps what came first`, () => assertNear(percent(trace, name, 101), 9.9));
  }

  for (const name of ['fifo', 'lru', 'lfu', 's3-fifo', 'sieve'] as const) {
    test(`${name} hits nothing`, () => assert.equal(percent(trace, name, 101), 0));
  }

  test('random hits next to nothing', () => assertNear(percent(trace, 'random', 101), 0));

  test('w-tinylfu refuses most of what comes, and so keeps most of what it has', () => {
    const measured = percent(trace, 'w-tinylfu', 101);
    assert.ok(measured > 5 && measured < 9.9, `${measured.toFixed(2)} %`);
  });
});

describe('objects of many sizes', () => {
  const { requests, objects } = zipfTrace({ objects: 5_000, exponent: 0.9, requests: 200_000, seed: 2 });
  const sizes = Uint32Array.from({ length: objects }, (_, object) => 1_000 + ((object * 7_919) % 50_000));
  const trace = { requests, objects, sizes };

  test('s3-fifo, sieve and w-tinylfu hit more than lru, in objects and in bytes', () => {
    const capacity = Math.round(footprint(trace) / 20);
    const lru = replay(trace, 'lru', capacity, SEED);
    for (const name of ['s3-fifo', 'sieve', 'w-tinylfu'] as const) {
      const result = replay(trace, name, capacity, SEED);
      assert.ok(result.hits > 1.05 * lru.hits, `${name}: ${result.hits} and ${lru.hits}`);
      assert.ok(result.hitBytes > 1.05 * lru.hitBytes, `${name}: ${result.hitBytes} and ${lru.hitBytes}`);
    }
  });

  test('s3-fifo keeps its small objects when large ones pass that are asked for once', () => {
    const withLarge = requests.map((object, index) => (index % 20 === 0 ? objects + index / 20 : object));
    const small = 5_000;
    const mixed = Uint32Array.from({ length: objects + withLarge.length / 20 }, (_, object) => (object < objects ? small : 50 * small));
    const large = { requests: withLarge, objects: mixed.length, sizes: mixed };
    const capacity = 100 * small;
    const [lru, s3Fifo] = (['lru', 's3-fifo'] as const).map((name) => replay(large, name, capacity, SEED).hits);
    assert.ok(s3Fifo! > 1.3 * lru!, `${s3Fifo} and ${lru}`);
  });

  test('a cache with room for all misses each object once', () => {
    for (const name of EVICTION_NAMES) {
      const { hits } = replay(trace, name, footprint(trace), SEED);
      assert.equal(hits, requests.length - new Set(requests).size, name);
    }
  });
});
