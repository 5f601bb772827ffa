/**
 * What one decision costs with five policies, in CPU time, best of several rounds: `node packages/sluice/src/core/scaling/scaler.bench.ts`.
 * Goal: 20 µs. A machine with 200 services then spends 4 ms per second on deciding. Exit 1 when it is missed.
 */
import { instant, timestamp } from '../../base/time.ts';
import type { PredictPolicyPlan, ReplicasPlan, TargetPolicyPlan } from './policy.ts';
import { Scaler } from './scaler.ts';

const DECISIONS = 50_000;
const ROUNDS = 6;
const GOAL_MICROS = 20;

const plan: ReplicasPlan = {
  min: 1,
  max: 100,
  initial: 1,
  concurrencyMax: 0,
  scale: [
    tracked('in-flight', 10),
    tracked('rps', 100),
    tracked('cpu', 0.7),
    { policy: 'schedule', name: 'morning', cron: '0 8 * * *', zone: null, min: 2, max: null, forMs: 60_000 },
    { policy: 'predict', name: 'forecast', shape: 'daily', target: 10, leadMs: 600_000, quantile: 0.9 } satisfies PredictPolicyPlan,
  ],
  behavior: {
    out: { stabilizationMs: 0, share: 10, count: 10, periodMs: 1_000 },
    in: { stabilizationMs: 15_000, share: 0.5, count: 1, periodMs: 10_000 },
    tolerance: 0.1,
    cooldownMs: 0,
    warmUpMs: 0,
  },
  idleMs: 300_000,
  parking: { requestsMax: 1_000, bytesMax: 1 << 26, waitMs: 30_000 },
  rebalance: null,
  cost: null,
};

function tracked(name: 'in-flight' | 'rps' | 'cpu', target: number): TargetPolicyPlan {
  const signal = { kind: 'built-in', name, percentile: 0.95 } as const;
  return { policy: 'target', name, signal, target, stableMs: 60_000, panic: { windowMs: 6_000, threshold: 2 } };
}

/** A second per decision, from the second day on, so that the forecast is at work. */
let second = 0;
let wanted = 4;

function decide(scaler: Scaler): void {
  const load = 40 + 30 * Math.sin(second / 500);
  const decision = scaler.decide({
    now: instant(second * 1_000),
    wall: timestamp(second * 1_000),
    ready: wanted,
    warm: wanted,
    starting: 0,
    wanted,
    figures: new Map([
      ['in-flight', { value: load, per: 'service' }],
      ['rps', { value: load * 10, per: 'service' }],
      ['cpu', { value: 0.5, per: 'instance' }],
    ]),
    concurrency: load,
    isBusy: true,
    schedules: new Map([['morning', { beganAt: 0 }]]),
  });
  ({ wanted } = decision);
  second++;
}

const scaler = new Scaler('users', plan);
scaler.importHistory({
  version: 1,
  firstMinute: 0,
  values: Array.from({ length: 3_000 }, (_, minute) => 40 + 30 * Math.sin(minute / 100)),
});
second = 3_000 * 60;

let best = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  const start = process.cpuUsage();
  for (let index = 0; index < DECISIONS; index++) decide(scaler);
  best = Math.min(best, process.cpuUsage(start).user / DECISIONS);
}
process.stdout.write(`decide, five policies, a forecast per minute: ${best.toFixed(1)} µs (goal ${GOAL_MICROS} µs)\n`);
if (best > GOAL_MICROS) process.exitCode = 1;
