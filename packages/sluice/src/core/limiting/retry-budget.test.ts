import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '../../base/random.ts';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { takeBack } from '../balancing/in-flight.ts';
import { finishRetry, retryBudget, startRetry } from './retry-budget.ts';
import { BudgetRefill } from './token-budget.ts';

const SERVICE = 3;
const WORKER = 1;

/** A service that fails each attempt, `attempts` allowed, for 60 s of 200 requests/s. @returns Attempts per request. */
function amplification(share: number, minPerSecond: number, attempts: number): number {
  const table = endpointTable();
  const refill = new BudgetRefill(table.retryTokens, SERVICE, { share, minPerSecond });
  refill.open();
  const budget = retryBudget(share, 0);
  const random = seededRandom(1);
  let requests = 0;
  let sent = 0;
  for (let tick = 0; tick < 600; tick++) {
    const arrivals = Math.round(20 * (0.5 + random()));
    for (let request = 0; request < arrivals; request++) {
      requests += 1;
      sent += 1;
      for (let attempt = 2; attempt <= attempts; attempt++) {
        if (startRetry(table, SERVICE, budget, WORKER) !== 'retry') break;
        sent += 1;
        finishRetry(table, SERVICE, WORKER);
      }
    }
    refill.refill(arrivals, 100);
  }
  return sent / requests;
}

test('retry amplification: a service that fails everything gets 1.2 times its load, not five times', () => {
  const factor = amplification(0.2, 0, 5);
  assert(factor > 1.15 && factor <= 1.2, `got ${factor}`);
});

test('retry amplification: the minimum adds its rate and its first ten seconds, no more', () => {
  const bound = 1.2 + (10 * (60 + 10)) / (200 * 60);
  const factor = amplification(0.2, 10, 5);
  assert(factor > 1.2 && factor <= bound * 1.01, `got ${factor}, bound ${bound}`);
});

test('retry amplification: a share of 0 leaves the minimum alone', () => {
  assert(amplification(0, 0, 5) === 1);
  assert(amplification(0, 1, 5) <= 1 + (1 * 70) / (200 * 60) + 0.001);
});

test('retries in flight are bounded, and a refused one costs nothing', () => {
  const table = endpointTable();
  new BudgetRefill(table.retryTokens, SERVICE, { share: 0.2, minPerSecond: 10 }).open();
  const budget = retryBudget(0.2, 2);
  assert.equal(startRetry(table, SERVICE, budget, WORKER), 'retry');
  assert.equal(startRetry(table, SERVICE, budget, WORKER), 'retry');
  const balance = table.retryTokens[SERVICE];
  assert.equal(startRetry(table, SERVICE, budget, WORKER), 'too-many');
  assert.equal(table.retryTokens[SERVICE], balance);
  finishRetry(table, SERVICE, WORKER);
  assert.equal(startRetry(table, SERVICE, budget, WORKER), 'retry');
  assert.equal(table.serviceRetries[SERVICE], 2);
});

test('an empty budget refuses, and counts nothing as in flight', () => {
  const table = endpointTable();
  assert.equal(startRetry(table, SERVICE, retryBudget(0.2, 0), WORKER), 'over-budget');
  assert.equal(table.serviceRetries[SERVICE], 0);
});

test('what a crashed worker had under way is taken back', () => {
  const table = endpointTable();
  new BudgetRefill(table.retryTokens, SERVICE, { share: 0.2, minPerSecond: 10 }).open();
  const budget = retryBudget(0.2, 2);
  startRetry(table, SERVICE, budget, WORKER);
  startRetry(table, SERVICE, budget, WORKER + 1);
  takeBack(table, WORKER);
  assert.equal(table.serviceRetries[SERVICE], 1);
  assert.equal(startRetry(table, SERVICE, budget, WORKER), 'retry');
});

test('threads that withdraw at the same time never take more than there is', async () => {
  const balances = new Int32Array(new SharedArrayBuffer(8));
  balances[0] = 256 * 5 * 1_000;
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ withdraw }) => {
      let taken = 0;
      for (let attempt = 0; attempt < 20000; attempt++) if (withdraw(workerData.balances, 0, 1280)) taken++;
      parentPort.postMessage(taken);
    });`;
  const workerData = { balances, module: new URL('./token-budget.ts', import.meta.url).href };
  const taken = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise<number>((resolve, reject) => {
          new Worker(source, { eval: true, workerData }).once('message', resolve).once('error', reject);
        }),
    ),
  );
  assert.equal(
    taken.reduce((sum, one) => sum + one, 0),
    1_000,
  );
  assert.equal(balances[0], 0);
});
