/**
 * A queueing simulation of gateways and servers on virtual time, for tests and figures; not used at run time. Requests arrive at random
 * (Poisson) at random gateways; each server has workers and one queue, service times are exponential. Gateways see their own
 * requests only, and what servers report with each reply (requests in flight from all gateways).
 */
import { IndexHeap } from '../../base/heap.ts';
import { randomInteger, seededRandom } from '../../base/random.ts';
import type { Random } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import type { Balancer } from './balancer.ts';
import { createBalancer } from './balancers.ts';
import type { Algorithm } from './algorithm.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { makeCandidates } from './pick-cost.ts';

/** Mean time of a request on a server that is not slow. */
export const SERVICE_MS = 10;

export interface Scenario {
  readonly gateways: number;
  readonly servers: number;
  readonly workersPerServer: number;
  /** So many of the servers take so many times as long. */
  readonly slow: number;
  readonly slowFactor: number;
  /** Share of the capacity of all servers together that is asked for. */
  readonly load: number;
  readonly requests: number;
}

/** Latencies in multiples of `SERVICE_MS`, over the second half of the requests. */
export interface QueueResult {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Share of the requests that went to slow servers. */
  readonly slowShare: number;
}

interface Gateway {
  readonly table: EndpointTable;
  readonly balancer: Balancer;
}

/** Runs a scenario; the same seed gives the same result. */
export function simulateQueues(algorithm: Algorithm, scenario: Scenario, seed: number): QueueResult {
  const { servers, workersPerServer, slow, slowFactor, load, requests } = scenario;
  const random = seededRandom(seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const gateways = Array.from({ length: scenario.gateways }, () => createGateway(algorithm, servers, random));
  const arrivalMs = SERVICE_MS / (load * workersPerServer * (servers - slow + slow / slowFactor));
  const freeAt = new Float64Array(servers * workersPerServer);
  const inflight = new Int32Array(servers);
  const serverOf = new Int32Array(requests);
  const gatewayOf = new Int32Array(requests);
  const latencies = new Float64Array(requests);
  const ends = new IndexHeap(requests);
  const end = (): void => {
    const now = instant(ends.topKey());
    const request = ends.pop();
    const server = serverOf[request]!;
    const { table, balancer } = gateways[gatewayOf[request]!]!;
    table.inflight[server]!--;
    inflight[server]!--;
    table.reportedInflight[server] = inflight[server]!;
    table.reportedStamp[server] = now;
    balancer.observe?.(server, latencies[request]!, false, 1000, now);
  };
  let now = 0;
  let toSlow = 0;
  for (let request = 0; request < requests; request++) {
    now += exponential(arrivalMs);
    while (ends.topKey() <= now) end();
    const gateway = randomInteger(random, gateways.length);
    const { table, balancer } = gateways[gateway]!;
    const server = balancer.pick(0, [], instant(now));
    const isSlow = server < slow;
    table.inflight[server]!++;
    inflight[server]!++;
    const worker = firstFree(freeAt, server * workersPerServer, workersPerServer);
    freeAt[worker] = Math.max(now, freeAt[worker]!) + exponential(isSlow ? SERVICE_MS * slowFactor : SERVICE_MS);
    serverOf[request] = server;
    gatewayOf[request] = gateway;
    latencies[request] = freeAt[worker] - now;
    ends.push(request, freeAt[worker]);
    if (isSlow) toSlow++;
  }
  return summarise(latencies.subarray(requests >> 1), toSlow / requests);
}

function createGateway(algorithm: Algorithm, servers: number, random: Random): Gateway {
  const table = endpointTable();
  for (let slot = 0; slot < servers; slot++) resetEndpoint(table, slot);
  const balance = { algorithm, hashTable: 'maglev', loadFactor: 0, maxCpu: 1, maxMemory: 1, decayMs: 10_000 } as const;
  const balancer = createBalancer(balance, { table, random, serviceSlot: 0 });
  balancer.update(makeCandidates(servers, false));
  return { table, balancer };
}

function firstFree(freeAt: Float64Array, from: number, count: number): number {
  let first = from;
  for (let worker = from + 1; worker < from + count; worker++) if (freeAt[worker]! < freeAt[first]!) first = worker;
  return first;
}

function summarise(latencies: Float64Array, slowShare: number): QueueResult {
  latencies.sort();
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)]! / SERVICE_MS;
  const mean = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length / SERVICE_MS;
  return { mean, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), slowShare };
}
