/**
 * What every algorithm promises, in every configuration. Random runs print their seed: set SEED to replay one.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashString } from '../../base/hash.ts';
import { randomInteger, seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import type { Balancer, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { createBalancer } from './balancers.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { makeCandidates, PICK_SUBJECTS } from './pick-cost.ts';
import type { PickSubject } from './pick-cost.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_120);
const NO_TRIED: readonly number[] = [];

/** A balancer over a fresh table, with requests that end when the test says so. */
class Bench {
  readonly table: EndpointTable = endpointTable();
  readonly random;
  readonly balancer: Balancer;
  #now = 1000;

  constructor(subject: PickSubject, seed = SEED) {
    this.random = seededRandom(seed);
    this.balancer = createBalancer(subject.balance, { table: this.table, random: this.random, serviceSlot: 0 });
    for (let slot = 0; slot < 2000; slot++) resetEndpoint(this.table, slot);
  }

  key(): number {
    return hashString(`key ${randomInteger(this.random, 1e9)}`);
  }

  /** Time goes on by a tenth of a millisecond per pick. */
  pick(tried: readonly number[] = NO_TRIED, key = this.key()): number {
    this.#now += 0.1;
    return this.balancer.pick(key, tried, instant(this.#now));
  }

  start(slot: number): void {
    this.table.inflight[slot]!++;
    this.table.serviceInflight[0]!++;
  }

  end(slot: number, latencyMs: number): void {
    this.table.inflight[slot]!--;
    this.table.serviceInflight[0]!--;
    this.balancer.observe?.(slot, latencyMs, false, 1000, instant(this.#now));
  }
}

for (const subject of PICK_SUBJECTS) {
  describe(subject.name, () => {
    test('picks candidates only, and no tried one, whatever the load', (context) => {
      context.diagnostic(`seed ${SEED}`);
      const bench = new Bench(subject);
      for (const count of [1, 2, 3, 17, 64, 65, 200]) {
        const candidates = withSlots(makeCandidates(count, subject.weighted), (index) => index * 3 + 7);
        bench.balancer.update(candidates);
        const slots = new Set(candidates.slots);
        for (let picks = 0; picks < 300; picks++) {
          const tried = Array.from({ length: randomInteger(bench.random, 3) }, () => candidates.slots[randomInteger(bench.random, count)]!);
          const slot = bench.pick(tried);
          if (slot === NONE) assert.equal(new Set(tried).size, count, 'NONE only when every candidate is tried');
          else assert.ok(slots.has(slot) && !tried.includes(slot), `slot ${slot} of ${count}, tried ${tried.join()}`);
          if (slot !== NONE && bench.table.inflight[slot]! < 50) bench.start(slot);
        }
      }
    });

    test('never picks a full endpoint, and fills every place before it says NONE', () => {
      const bench = new Bench(subject);
      for (const count of [1, 3, 50, 150]) {
        bench.table.inflight.fill(0);
        bench.table.serviceInflight[0] = 0;
        bench.balancer.update(makeCandidates(count, subject.weighted, 2));
        for (let picks = 0; picks < count * 2; picks++) {
          const slot = bench.pick();
          assert.notEqual(slot, NONE, `place ${picks} of ${count * 2}`);
          assert.ok(bench.table.inflight[slot]! < 2, `slot ${slot} has room`);
          bench.start(slot);
        }
        assert.equal(bench.pick(), NONE);
        bench.end(count - 1, 1);
        assert.equal(bench.pick(), count - 1, 'the place that became free is found');
      }
    });

    test('survives having none, one and a thousand candidates, in any order', () => {
      const bench = new Bench(subject);
      assert.equal(bench.pick(), NONE, 'before the first update');
      for (const count of [0, 1, 1000, 0, 1000, 1, 3, 1000, 64, 65, 64]) {
        bench.balancer.update(makeCandidates(count, subject.weighted));
        for (let picks = 0; picks < 20; picks++) {
          const slot = bench.pick();
          assert.ok(count === 0 ? slot === NONE : slot >= 0 && slot < count, `slot ${slot} of ${count}`);
        }
      }
    });

    test('the same seed gives the same picks', () => {
      const run = (): number[] => {
        const bench = new Bench(subject, SEED + 1);
        bench.balancer.update(makeCandidates(40, subject.weighted));
        const slots: number[] = [];
        for (let picks = 0; picks < 200; picks++) {
          const slot = bench.pick();
          bench.start(slot);
          slots.push(slot);
          if (picks >= 30) bench.end(slots[picks - 30]!, 5 + (slot % 7));
        }
        return slots;
      };
      assert.deepEqual(run(), run());
    });

    if (subject.balance.algorithm !== 'first-fit') {
      test('serves every endpoint, its share by weight where that is promised', (context) => {
        context.diagnostic(`seed ${SEED}`);
        const bench = new Bench(subject);
        const count = 10;
        const candidates = makeCandidates(count, subject.weighted);
        bench.balancer.update(candidates);
        const picks = 40_000;
        const counts = countPicks(bench, count, picks);
        const bound = SHARE_ERROR[subject.name.replace(' weighted', '')] ?? binomialError(picks / count / 5);
        const isWeighted = subject.balance.algorithm !== 'round-robin';
        const total = isWeighted ? candidates.weights.reduce((sum, weight) => sum + weight, 0) : count;
        for (let slot = 0; slot < count; slot++) {
          const expected = (picks * (isWeighted ? candidates.weights[slot]! : 1)) / total;
          const error = Math.abs(counts[slot]! / expected - 1);
          assert.ok(
            error <= bound,
            `slot ${slot}: ${counts[slot]} of ${expected.toFixed(0)} expected, bound ±${(bound * 100).toFixed(1)} %`,
          );
        }
      });
    }
  });
}

/**
 * Bounds of the relative error of an endpoint's share, where they are not the binomial one.
 *
 * Turn-taking algorithms err by one pick each way. Hash tables divide the key space unevenly: Maglev's entries differ by less than 1 %
 * (paper §5.3) plus sampling; a ketama share of 160 points w has a standard deviation of 1 / sqrt(160 w), 4.5 of them are 36 %; a
 * rendezvous share of 65,536 buckets in 10 to 30 parts errs by 1 / sqrt(2184), 4.5 of them are 9.6 %, plus sampling.
 * Bounded load takes from the full and gives to others by their places, so that only the tables' own bounds hold for it.
 * The adaptive algorithms promise shares by weight only while endpoints are alike, and by feedback: 15 %; Prequal
 * looks at 16 of them and serves about equal latencies by load: 25 %.
 */
const SHARE_ERROR: Readonly<Record<string, number>> = {
  'round-robin': 0.001,
  'smooth-wrr': 0.01,
  'least-connections': 0.15,
  'least-response-time': 0.15,
  'least-bandwidth': 0.15,
  p2c: 0.15,
  resource: 0.15,
  'peak-ewma': 0.15,
  prequal: 0.25,
  'hash ketama': 0.36 + binomialError(800),
  'hash ketama bounded': 0.36 + binomialError(800),
  'hash rendezvous': 0.1 + binomialError(800),
  'hash rendezvous bounded': 0.2 + binomialError(800),
  'hash maglev bounded': 0.2 + binomialError(800),
};

/** 4.5 standard deviations of a share that `expected` picks fall on: chance 7e-6 per endpoint, 1e-4 per run. */
function binomialError(expected: number): number {
  return 4.5 / Math.sqrt(expected);
}

/** Picks with 400 requests in flight, ended in random order, with latencies of 10 ms to 11 ms. */
function countPicks(bench: Bench, count: number, picks: number): Int32Array {
  const counts = new Int32Array(count);
  const inflight: number[] = [];
  for (let pick = 0; pick < picks; pick++) {
    const slot = bench.pick();
    counts[slot]!++;
    bench.start(slot);
    inflight.push(slot);
    if (inflight.length > 400) {
      const [ended] = inflight.splice(randomInteger(bench.random, inflight.length), 1);
      bench.end(ended!, 10 + bench.random());
    }
  }
  return counts;
}

function withSlots(candidates: Candidates, slotOf: (index: number) => number): Candidates {
  return { ...candidates, slots: candidates.slots.map((_, index) => slotOf(index)) };
}
