/**
 * What health and limits cost each request, in CPU time, best of several rounds: `node packages/sluice/src/core/limiting/request-cost.bench.ts`.
 * Goals: an outcome under 60 ns, an admission with nothing configured under 50 ns. Exit 1 when one is missed.
 */
import { instant } from '../../base/time.ts';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { recordOutcome } from '../health/outcome.ts';
import { admit } from './admission.ts';
import { recordServiceOutcome } from './service-outcome.ts';
import { WaitQueue } from './wait-queue.ts';

const CALLS = 1_000_000;
const ROUNDS = 6;
const SLOTS = 15;
const RULES = { consecutive5xx: 5, consecutiveGatewayErrors: 5, consecutiveLocalErrors: 5 };
const UNBOUNDED = { requestsMax: 0, queueMax: 0, hasHighPriority: false };
const BOUNDED = { requestsMax: 1_000, queueMax: 0, hasHighPriority: false };

const table = endpointTable();
const queue = new WaitQueue<number>({ queueMax: 1_000, queueTimeoutMs: 1_000 });

const cases: readonly { name: string; goalNs: number; run: (turn: number) => unknown }[] = [
  { name: 'recordOutcome, success', goalNs: 60, run: (turn) => recordOutcome(table, RULES, turn & SLOTS, 'ok', 3.25) },
  { name: 'admit, nothing configured', goalNs: 50, run: (turn) => admit(table, turn & SLOTS, UNBOUNDED, 'normal') },
  { name: 'admit, with a bound', goalNs: 60, run: (turn) => admit(table, turn & SLOTS, BOUNDED, 'normal') },
  { name: 'recordServiceOutcome', goalNs: 60, run: (turn) => recordServiceOutcome(table, turn & SLOTS, false, 3.25) },
  { name: 'queue: offer and take', goalNs: 200, run: (turn) => [queue.offer(turn, 'normal', instant(turn)), queue.take(instant(turn))] },
];

function nanoseconds(run: (turn: number) => unknown): number {
  const start = process.cpuUsage();
  for (let turn = 0; turn < CALLS; turn++) run(turn);
  return (process.cpuUsage(start).user * 1_000) / CALLS;
}

const best = cases.map(() => Infinity);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run }] of cases.entries()) best[index] = Math.min(best[index]!, nanoseconds(run));
}
for (const [index, { name, goalNs }] of cases.entries()) {
  const isMet = best[index]! < goalNs;
  if (!isMet) process.exitCode = 1;
  console.log(`${best[index]!.toFixed(1).padStart(6)} ns  ${isMet ? 'ok  ' : 'OVER'} (goal ${goalNs})  ${name}`);
}
