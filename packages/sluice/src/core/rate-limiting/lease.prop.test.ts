/** Several holders and a store that answers late, in no order, or not at all: what they let in together stays within the bound that `lease.ts` states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import type { AwayRule, LeaseAnswer, LeaseRule } from './lease.ts';
import { type LeaseAsk, LeaseBook } from './lease-book.ts';

const KEY = { high: 3, low: 5 };
const START_MS = 50_000;

/** The store's side, as the script in `clients/valkey` does it. */
class Store {
  #time = 0;
  readonly #rule: LeaseRule;

  constructor(rule: LeaseRule) {
    this.#rule = rule;
  }

  take(want: number, debt: number, now: number): LeaseAnswer {
    const intervalMs = this.#rule.periodMs / this.#rule.rate;
    const room = (): number => this.#rule.burst + 1e-3 - (this.#time - now) / intervalMs;
    this.#time = Math.max(now, this.#time) + debt * intervalMs;
    const granted = Math.max(0, Math.min(want, Math.floor(room())));
    this.#time += granted * intervalMs;
    return { granted, remaining: Math.max(0, Math.floor(room())), retryAfterMs: Math.max(0, (1 - room()) * intervalMs) };
  }
}

interface Course {
  readonly rule: LeaseRule;
  readonly seed: number;
  /** Round trip at most, in steps of 1 ms. */
  readonly tripMs: number;
  /** Requests per millisecond and holder, on average while it is busy. */
  readonly load: number;
  readonly steps: number;
  /** When the store stops answering; steps. */
  readonly awayFrom: number;
  /** No silences. */
  readonly isSteady?: boolean;
}

/** Runs it, and says when units were let in, and how many were refused. */
function run({ rule, seed, tripMs, load, steps, awayFrom, isSteady = false }: Course): {
  readonly taken: number[];
  readonly refused: number;
} {
  const random = seededRandom(seed);
  const store = new Store(rule);
  const books = Array.from({ length: rule.holders }, () => new LeaseBook(rule, 'limit:'));
  const trips: { readonly at: number; readonly end: () => void }[] = [];
  const taken: number[] = [];
  let refused = 0;
  let isBusy = true;
  const send = (book: LeaseBook, ask: LeaseAsk, now: number, isAway: boolean): void => {
    if (isAway) {
      trips.push({ at: now + tripMs, end: () => book.failed(ask, instant(now + tripMs)) });
      return;
    }
    const thereAt = now + Math.floor(random() * tripMs);
    const backAt = thereAt + Math.floor(random() * tripMs);
    trips.push({
      at: thereAt,
      end: () => {
        const answer = store.take(ask.want, ask.debt, thereAt);
        trips.push({ at: backAt, end: () => book.answered(ask, answer, instant(backAt)) });
      },
    });
  };
  for (let turn = 0; turn < steps; turn++) {
    const now = START_MS + turn;
    for (let index = 0; index < trips.length;) {
      if (trips[index]!.at > now) index += 1;
      else trips.splice(index, 1)[0]!.end();
    }
    if (!isSteady && random() < 0.01) isBusy = !isBusy;
    for (const book of books) {
      for (let request = isBusy ? load * 2 * random() : 0; request >= 1 || random() < request; request--) {
        if (book.spend(KEY, 1, instant(now)).allowed) taken.push(now);
        else refused += 1;
        if (request < 1) break;
      }
      for (const ask of book.takeAsks()) send(book, ask, now, turn >= awayFrom);
    }
  }
  return { taken, refused };
}

const course = (away: AwayRule): fc.Arbitrary<Course> =>
  fc.record({
    rule: fc.record({
      rate: fc.integer({ min: 1, max: 400 }),
      periodMs: fc.constantFrom(100, 1_000, 5_000),
      burst: fc.integer({ min: 1, max: 60 }),
      leaseMs: fc.constantFrom(20, 100, 400),
      holders: fc.integer({ min: 1, max: 6 }),
      away: fc.constant(away),
    }),
    seed: fc.integer(),
    tripMs: fc.integer({ min: 1, max: 60 }),
    load: fc.double({ min: 0.05, max: 3, noNaN: true }),
    steps: fc.constant(1_500),
    awayFrom: fc.constant(Infinity),
  });

/** @param allowance Units beyond rate × time. */
function checkSpans(taken: readonly number[], perMs: number, allowance: number): void {
  for (let from = 0; from < taken.length; from++) {
    for (let to = from; to < taken.length; to++) {
      const bound = allowance + (taken[to]! - taken[from]!) * perMs;
      assert(to - from + 1 <= bound + 0.01, `${to - from + 1} in ${taken[to]! - taken[from]!} ms, bound ${bound}`);
    }
  }
}

test('with the store there, all holders together stay within burst + rate × (time + leaseMs) + max(burst, holders)', () => {
  fc.assert(
    fc.property(course('closed'), (each) => {
      const { rule } = each;
      const perMs = rule.rate / rule.periodMs;
      checkSpans(run(each).taken, perMs, rule.burst + rule.leaseMs * perMs + Math.max(rule.burst, rule.holders));
    }),
    { numRuns: 150 },
  );
});

test('with the store away, each keeps to its share of the limit', () => {
  fc.assert(
    fc.property(course('local'), (each) => {
      const { rule } = each;
      const perMs = rule.rate / rule.periodMs;
      // From when the first has noticed: what is let in then is the shares' own burst and rate, and what was leased before.
      const taken = run({ ...each, awayFrom: 0 }).taken.filter((at) => at > START_MS + each.tripMs + rule.leaseMs);
      checkSpans(taken, perMs, Math.max(rule.burst, rule.holders) * 2);
    }),
    { numRuns: 60 },
  );
});

test('under a steady overload all holders together get the rate, however many they are and however far the store is', () => {
  for (const holders of [1, 2, 4, 8]) {
    for (const tripMs of [1, 5, 40]) {
      const rule: LeaseRule = { rate: 200, periodMs: 1_000, burst: 100, leaseMs: 200, holders, away: 'closed' };
      const { taken } = run({ rule, seed: holders * 100 + tripMs, tripMs, load: 0.5, steps: 10_000, awayFrom: Infinity, isSteady: true });
      assert(taken.length >= 2_060 && taken.length <= 2_240, `${taken.length} by ${holders} with ${tripMs} ms; the limit is 2,100`);
    }
  }
});

test('below the limit nothing is refused', () => {
  const rule: LeaseRule = { rate: 200, periodMs: 1_000, burst: 100, leaseMs: 200, holders: 2, away: 'closed' };
  const { taken, refused } = run({ rule, seed: 9, tripMs: 5, load: 0.06, steps: 10_000, awayFrom: Infinity, isSteady: true });
  assert(taken.length > 900);
  assert.equal(refused, 0);
});
