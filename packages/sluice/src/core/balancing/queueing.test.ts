/**
 * A small queueing simulation: ten servers with one worker and a queue each, one of them five times slower, requests at random. Algorithms that look
 * at load must keep requests away from the slow one; those that do not cannot. Virtual time; seeded.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexHeap } from '../../base/heap.ts';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { createBalancer } from './balancers.ts';
import type { Algorithm } from './balancers.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import { makeCandidates } from './pick-cost.ts';

const SERVERS = 10;
const SLOW = 3;
const REQUESTS = 20_000;
const SERVICE_MS = 10;
/** 55 % of the nine fast ones' capacity: a tenth of it is 2.5 times what the slow one can do. */
const ARRIVAL_MS = SERVICE_MS / (0.55 * 9);

/** The 99th percentile of latency, and the share that the slow server got. */
function simulate(algorithm: Algorithm, seed: number): { p99: number; slowShare: number } {
  const random = seededRandom(seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const table = endpointTable();
  for (let slot = 0; slot < SERVERS; slot++) resetEndpoint(table, slot);
  const balance = { algorithm, hashTable: 'maglev', loadFactor: 0, maxCpu: 1, maxMemory: 1, decayMs: 1000 } as const;
  const balancer = createBalancer(balance, { table, random, serviceSlot: 0 });
  balancer.update(makeCandidates(SERVERS, false));
  const ends = new IndexHeap(REQUESTS);
  const servers = new Int32Array(REQUESTS);
  const latencies = new Float64Array(REQUESTS);
  const freeAt = new Float64Array(SERVERS);
  let now = 0;
  let slow = 0;
  for (let request = 0; request < REQUESTS; request++) {
    now += exponential(ARRIVAL_MS);
    while (ends.topKey() <= now) {
      const endedAt = instant(ends.topKey());
      const ended = ends.pop();
      table.inflight[servers[ended]!]!--;
      balancer.observe?.(servers[ended]!, latencies[ended]!, false, 1000, endedAt);
    }
    const server = balancer.pick(0, [], instant(now));
    table.inflight[server]!++;
    freeAt[server] = Math.max(now, freeAt[server]!) + exponential(server === SLOW ? SERVICE_MS * 5 : SERVICE_MS);
    servers[request] = server;
    latencies[request] = freeAt[server] - now;
    ends.push(request, freeAt[server]);
    if (server === SLOW) slow++;
  }
  return { p99: latencies.sort()[Math.floor(REQUESTS * 0.99)]!, slowShare: slow / REQUESTS };
}

const BLIND: readonly Algorithm[] = ['random', 'round-robin', 'smooth-wrr'];
const SEEING: readonly Algorithm[] = ['p2c', 'least-connections', 'least-response-time', 'peak-ewma', 'prequal'];

for (const seed of [1, 2, 3]) {
  test(`who looks at load beats who does not when one endpoint is slow (seed ${seed})`, () => {
    const blind = BLIND.map((algorithm) => simulate(algorithm, seed).p99);
    for (const algorithm of SEEING) {
      const { p99, slowShare } = simulate(algorithm, seed);
      assert.ok(
        p99 * 5 < Math.min(...blind),
        `${algorithm}: p99 ${p99.toFixed(0)} ms against ${blind.map((each) => each.toFixed(0)).join(', ')} ms`,
      );
      assert.ok(slowShare < 0.05, `${algorithm}: ${(slowShare * 100).toFixed(1)} % to the slow one`);
    }
  });
}
