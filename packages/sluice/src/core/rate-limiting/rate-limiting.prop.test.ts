/** Whatever comes whenever: no limit lets more through than it says, and none less than what it owes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import { ConcurrencyCounts, takeBackHeld } from './concurrency.ts';
import { Gcra } from './gcra.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';
import { SlidingWindow } from './sliding-window.ts';

const SECRET = { k0: 1, k1: 2 };

const KEY = { high: 3, low: 5 };
const START_MS = 77_000;

/** Gaps between requests: bursts, trickles and silences. */
const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5, noNaN: true }), fc.integer({ min: 0, max: 3_000 })), {
  minLength: 1,
  maxLength: 200,
});

function newTable(): LimitTable {
  return new LimitTable(createLimitTable(64, SECRET));
}

/** Checks a bound over every span that begins and ends with something let in. @param bound Units for a span in milliseconds. */
function checkSpans(taken: readonly { readonly at: number; readonly units: number }[], bound: (spanMs: number) => number): void {
  for (let from = 0; from < taken.length; from++) {
    let units = 0;
    for (let to = from; to < taken.length; to++) {
      units += taken[to]!.units;
      const spanMs = taken[to]!.at - taken[from]!.at;
      assert(units <= bound(spanMs), `${units} units in ${spanMs} ms, bound ${bound(spanMs)}`);
    }
  }
}

test('a rate lets in at most burst + rate × time over any time, and refuses nothing that was owed', () => {
  fc.assert(
    fc.property(
      fc.record({
        rate: fc.integer({ min: 1, max: 50 }),
        periodMs: fc.integer({ min: 1, max: 2_000 }),
        burst: fc.integer({ min: 1, max: 20 }),
      }),
      gaps,
      fc.integer({ min: 1, max: 3 }),
      (rule, steps, cost) => {
        const gcra = new Gcra(newTable(), rule);
        const perMs = rule.rate / rule.periodMs;
        const taken: { at: number; units: number }[] = [];
        let at = START_MS;
        let tokens = rule.burst;
        for (const gap of steps) {
          at += gap;
          tokens = Math.min(rule.burst, tokens + gap * perMs);
          const decision = gcra.take(KEY, cost, instant(at));
          if (decision.allowed) taken.push({ at, units: cost });
          // A bucket of tokens is the same thing said in other words; they may differ by the tolerance alone.
          assert(
            decision.allowed ? tokens >= cost - 0.01 : tokens < cost + 0.01,
            `${tokens} tokens, cost ${cost}, allowed ${decision.allowed}`,
          );
          if (decision.allowed) tokens -= cost;
          if (!decision.allowed && decision.retryAfterMs < Infinity) {
            const look = gcra.take(KEY, 0, instant(at + decision.retryAfterMs));
            assert(look.remaining >= cost, 'what it says about when to come again is true');
          }
        }
        checkSpans(taken, (spanMs) => rule.burst + spanMs * perMs + 0.01);
      },
    ),
  );
});

test('a sliding window lets in at most its limit in a window of the clock and less than twice that in any span as long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 10, max: 2_000 }), gaps, (limit, windowMs, steps) => {
      const window = new SlidingWindow(newTable(), { limit, windowMs });
      const taken: { at: number; units: number }[] = [];
      const byWindow = new Map<number, number>();
      let at = START_MS;
      for (const gap of steps) {
        at += gap;
        const decision = window.take(KEY, 1, instant(at));
        if (!decision.allowed) {
          assert(decision.retryAfterMs > 0);
          assert(
            window.take(KEY, 0, instant(at + decision.retryAfterMs + 1e-3)).remaining >= 1,
            'what it says about when to come again is true',
          );
          continue;
        }
        taken.push({ at, units: 1 });
        const number = Math.floor(at / windowMs);
        byWindow.set(number, (byWindow.get(number) ?? 0) + 1);
      }
      for (const count of byWindow.values()) assert(count <= limit, `${count} of ${limit} in one window`);
      checkSpans(taken, (spanMs) => (spanMs < windowMs ? 2 * limit - 1e-9 : Infinity) + (limit === 1 ? 1 : 0));
    }),
  );
});

const step = fc.record({ kind: fc.constantFrom('acquire', 'acquire', 'release', 'crash'), worker: fc.nat(2), pick: fc.nat(50) });

test('counts of what is in flight are what is in flight, whoever crashes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 80 }), (limit, steps) => {
      const table = newTable();
      const workers = [0, 1, 2].map((worker) => ({ counts: new ConcurrencyCounts(table, worker), tickets: [] as number[] }));
      for (const { kind, worker, pick } of steps) {
        const mine = workers[worker]!;
        const inFlight = workers.reduce((sum, { tickets }) => sum + tickets.length, 0);
        if (kind === 'acquire') {
          const decision = mine.counts.acquire(KEY, limit, instant(START_MS));
          assert.equal(decision.allowed, inFlight < limit);
          if (decision.allowed) mine.tickets.push(decision.ticket);
        } else if (kind === 'release' && mine.tickets.length > 0) {
          const [ticket] = mine.tickets.splice(pick % mine.tickets.length, 1);
          mine.counts.release(ticket!);
        } else if (kind === 'crash') {
          assert.equal(takeBackHeld(table, worker), mine.tickets.length);
          workers[worker] = { counts: new ConcurrencyCounts(table, worker), tickets: [] };
        }
      }
    }),
  );
});
