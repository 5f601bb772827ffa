import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_COUNT, bucketOf } from '../../base/histogram.ts';
import type { LimitsPlan, ServicePlan } from '../../config/plan.ts';
import { type EndpointTable, endpointTable } from '../../core/balancing/endpoint-table.ts';
import { admit } from '../../core/limiting/admission.ts';
import { recordTrial } from '../../core/limiting/breaker-trials.ts';
import { retryBudget, startRetry } from '../../core/limiting/retry-budget.ts';
import { recordServiceOutcome } from '../../core/limiting/service-outcome.ts';
import { slotsFor } from '../../../test/support/health-world.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { LimitsLoop } from './limits-loop.ts';

const WORKER = 0;
const NO_LIMITS = servicePlan('x', []).limits;
const BREAKER = { failureShare: 0.5, requestVolume: 20, windowMs: 10_000, openMs: 5_000, trialRequests: 2 };

function setUp(...services: ServicePlan[]) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const said: string[] = [];
  const counts = new Float64Array(BUCKET_COUNT);
  const loop = new LimitsLoop({ runtime, table, say: (_level, what) => void said.push(what), latencyCounts: () => counts });
  loop.apply({ services }, slotsFor(services));
  loop.start();
  return { runtime, table, said, counts, loop };
}

function withLimits(limits: Partial<LimitsPlan>): ServicePlan {
  return servicePlan('web', [], { limits: { ...NO_LIMITS, ...limits } });
}

function exchanges(table: EndpointTable, count: number, failed: boolean, latencyMs = 10): void {
  for (let index = 0; index < count; index++) recordServiceOutcome(table, 0, failed, latencyMs);
}

test('a service that fails is closed off, tried, and let in again', () => {
  const { runtime, table, said } = setUp(withLimits({ breaker: BREAKER }));
  const limits = { requestsMax: 0, queueMax: 0, hasHighPriority: false };
  runtime.advance(200);
  exchanges(table, 30, true);
  runtime.advance(100);
  assert.equal(admit(table, 0, limits, 'normal'), 'open');
  runtime.advance(5_000);
  assert.equal(admit(table, 0, limits, 'normal'), 'trial');
  recordTrial(table, 0, true);
  assert.equal(admit(table, 0, limits, 'normal'), 'open');
  runtime.advance(5_200);
  for (let trial = 0; trial < 2; trial++) {
    assert.equal(admit(table, 0, limits, 'normal'), 'trial');
    recordTrial(table, 0, false);
  }
  runtime.advance(100);
  assert.equal(admit(table, 0, limits, 'normal'), 'admit');
  assert.deepEqual(said, ['breaker-opened', 'breaker-reopened', 'breaker-closed']);
});

test('a breaker that a new plan drops or changes starts closed; an unchanged one stays as it is', () => {
  const plan = withLimits({ breaker: BREAKER });
  const { runtime, table, loop } = setUp(plan);
  runtime.advance(200);
  exchanges(table, 30, true);
  runtime.advance(100);
  const slots = slotsFor([plan]);
  loop.apply({ services: [structuredClone(plan)] }, slots);
  assert.equal(table.breakerState[0], 1);
  loop.apply({ services: [withLimits({ breaker: null })] }, slots);
  assert.equal(table.breakerState[0], 0);
});

test('the retry budget is filled by the requests that ended, and by the minimum', () => {
  const retry = { ...servicePlan('x', []).retry, budgetShare: 0.2, budgetMinPerSecond: 0 };
  const { runtime, table } = setUp(servicePlan('web', [], { retry }));
  const budget = retryBudget(0.2, 0);
  assert.equal(startRetry(table, 0, budget, WORKER), 'over-budget');
  exchanges(table, 5, false);
  runtime.advance(100);
  assert.equal(startRetry(table, 0, budget, WORKER), 'retry');
  assert.equal(startRetry(table, 0, budget, WORKER), 'over-budget');
});

test('the adaptive limit is written at once, rises under steady load and falls when replies slow down', () => {
  const { runtime, table } = setUp(withLimits({ adaptive: { initial: 20, min: 5, max: 200 } }));
  assert.equal(table.concurrencyLimit[0], 20);
  const load = (ticks: number, latencyMs: number): number => {
    for (let tick = 0; tick < ticks; tick++) {
      table.serviceInflight[0] = table.concurrencyLimit[0]!;
      exchanges(table, 20, false, latencyMs);
      runtime.advance(100);
    }
    return table.concurrencyLimit[0]!;
  };
  const steady = load(100, 10);
  assert(steady > 60, `got ${steady}`);
  assert(load(10, 100) < steady / 2);
});

test('too few samples leave the adaptive limit alone, and a dropped one is no bound', () => {
  const plan = withLimits({ adaptive: { initial: 20, min: 5, max: 200 } });
  const { runtime, table, loop } = setUp(plan);
  table.serviceInflight[0] = 20;
  exchanges(table, 9, false);
  runtime.advance(1_000);
  assert.equal(table.concurrencyLimit[0], 20);
  loop.apply({ services: [withLimits({})] }, slotsFor([plan]));
  assert.equal(table.concurrencyLimit[0], 0);
});

test('hedge delays follow the percentile, each 3 s, and go when hedging goes', () => {
  const plan = servicePlan('web', [], { hedge: { percentile: 95, delayMinMs: 1, budgetShare: 0.05 } });
  const { runtime, table, counts, loop } = setUp(plan);
  runtime.advance(100);
  counts[bucketOf(20)] = 1_000;
  runtime.advance(2_900);
  assert.equal(table.hedgeDelayMs[0], 0);
  runtime.advance(300);
  const delayMs = table.hedgeDelayMs[0] ?? 0;
  assert(delayMs > 16 && delayMs <= 25, `got ${delayMs}`);
  loop.apply({ services: [servicePlan('web', [])] }, slotsFor([plan]));
  assert.equal(table.hedgeDelayMs[0], 0);
});

test('a service that gets a used slot starts afresh', () => {
  const plan = withLimits({ breaker: BREAKER });
  const { runtime, table, loop } = setUp(plan);
  runtime.advance(200);
  exchanges(table, 30, true);
  runtime.advance(100);
  table.retryTokens[0] = 0;
  loop.apply({ services: [servicePlan('next', [])] }, { ...slotsFor([]), services: { next: 0 } });
  assert.equal(table.breakerState[0], 0);
  assert.equal(startRetry(table, 0, retryBudget(0.2, 0), WORKER), 'retry');
});

test('after its end nothing is left that would run', async () => {
  const { runtime, loop } = setUp(servicePlan('web', []));
  await loop[Symbol.asyncDispose]();
  assert.equal(runtime.waiting, 0);
});
