/**
 * What a limit costs each request with a million keys in the table, in CPU time, best of several rounds: `node packages/sluice/src/core/rate-limiting/limits.bench.ts`.
 * Goals: a decision, its key's hash included, under 1 µs; at most 32 MiB. Exit 1 when one is missed.
 */
import { instant } from '../../base/time.ts';
import { ConcurrencyCounts } from './concurrency.ts';
import { Gcra } from './gcra.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import { createLimitTable, LimitTable, limitTableBytes } from './limit-table.ts';
import { SlidingWindow } from './sliding-window.ts';

const SECRET = { k0: 1, k1: 2 };

const KEYS = 1_000_000;
const CALLS = 1_000_000;
const ROUNDS = 5;
const GOAL_NS = 1_000;

const addresses = Array.from({ length: KEYS }, (_, key) => `10.${key >>> 16}.${(key >>> 8) & 255}.${key & 255}`);
const hash = new HalfSipHash({ k0: 0x1234, k1: 0x5678 });
let seed = 1;
let now = instant(1_000);

/** The next of all keys in no order, hashed. */
function nextKey(): HalfSipHash {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  hash.begin();
  hash.text(addresses[(seed >>> 8) % KEYS]!);
  hash.end();
  return hash;
}

function fullTable(): LimitTable {
  const table = new LimitTable(createLimitTable(KEYS, SECRET));
  const gcra = new Gcra(table, { rate: 100, periodMs: 3_600_000, burst: 100 });
  for (const address of addresses) {
    hash.begin();
    hash.text(address);
    hash.end();
    gcra.take(hash, 1, now);
  }
  return table;
}

const rates = fullTable();
const [windows, counts] = [0, 1].map(() => new LimitTable(createLimitTable(KEYS, SECRET))) as [LimitTable, LimitTable];
const gcra = new Gcra(rates, { rate: 100, periodMs: 3_600_000, burst: 100 });
const window = new SlidingWindow(windows, { limit: 100, windowMs: 3_600_000 });
const concurrency = new ConcurrencyCounts(counts, 0);

const cases: readonly { name: string; run: () => void }[] = [
  { name: "a key's hash alone", run: () => void nextKey() },
  { name: 'rate (gcra)', run: () => void gcra.take(nextKey(), 1, now) },
  { name: 'sliding window', run: () => void window.take(nextKey(), 1, now) },
  { name: 'concurrency, in and out', run: () => concurrency.release(concurrency.acquire(nextKey(), 100, now).ticket) },
];

function nanoseconds(run: () => void): number {
  const start = process.cpuUsage();
  for (let turn = 0; turn < CALLS; turn++) run();
  return (process.cpuUsage(start).user * 1_000) / CALLS;
}

const best = cases.map(() => Infinity);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run }] of cases.entries()) best[index] = Math.min(best[index]!, nanoseconds(run));
  now = instant(now + 60_000);
}
for (const [index, { name }] of cases.entries()) {
  const isMet = best[index]! < GOAL_NS;
  if (!isMet) process.exitCode = 1;
  console.log(`${best[index]!.toFixed(0).padStart(6)} ns  ${isMet ? 'ok  ' : 'OVER'} (goal ${GOAL_NS})  ${name}`);
}
const mebibytes = limitTableBytes(KEYS) / 2 ** 20;
if (mebibytes > 32) process.exitCode = 1;
console.log(`${mebibytes.toFixed(1)} MiB for ${KEYS} keys; forgotten with all of them busy: ${rates.forgotten}`);
