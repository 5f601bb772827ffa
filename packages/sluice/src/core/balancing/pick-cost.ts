/** Measures what a pick costs; shared by the bench and the test that holds the bound. Not used at run time. */
import { hashString } from '../../base/hash.ts';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import type { Balancer, Candidates } from './balancer.ts';
import { ALGORITHMS } from './algorithm.ts';
import { createBalancer } from './balancers.ts';
import type { BalanceShape } from './balancers.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** An algorithm in one configuration. */
export interface PickSubject {
  readonly name: string;
  readonly balance: BalanceShape;
  readonly weighted: boolean;
}

const ROUNDS = 5;

const BALANCE: BalanceShape = { algorithm: 'p2c', hashTable: 'maglev', loadFactor: 0, maxCpu: 0.9, maxMemory: 0.9, decayMs: 10_000 };

const HASHES = (['maglev', 'ketama', 'rendezvous'] as const).flatMap((hashTable) =>
  [0, 1.25].map((loadFactor): Omit<PickSubject, 'weighted'> => ({
    name: `hash ${hashTable}${loadFactor === 0 ? '' : ' bounded'}`,
    balance: { ...BALANCE, algorithm: 'hash', hashTable, loadFactor },
  })),
);

/** Every algorithm in every configuration, with equal and with different weights. */
export const PICK_SUBJECTS: readonly PickSubject[] = [
  ...ALGORITHMS.filter((algorithm) => algorithm !== 'hash').map((algorithm) => ({ name: algorithm, balance: { ...BALANCE, algorithm } })),
  ...HASHES,
].flatMap((subject) => [
  { ...subject, weighted: false },
  { ...subject, name: `${subject.name} weighted`, weighted: true },
]);

/** Candidates in slots 0, 1, … of a table, with weight 1, or 1 to 5. */
export function makeCandidates(count: number, weighted: boolean, requestsMax = 0): Candidates {
  return {
    count,
    slots: Int32Array.from({ length: count }, (_, index) => index),
    weights: Float64Array.from({ length: count }, (_, index) => (weighted ? 1 + (index % 5) : 1)),
    addresses: Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}:8080`),
    requestsMax: new Int32Array(count).fill(requestsMax),
  };
}

/**
 * Nanoseconds per pick over five rounds of `picks`, after one round of warming up.
 * @param clock Milliseconds, of this thread's processor time, so that a busy machine does not matter. Its grain
 * is some 4 ms, so that small figures need many picks.
 */
export function measurePick(subject: PickSubject, count: number, picks: number, clock: () => number): number {
  const table = endpointTable();
  const random = seededRandom(1);
  for (let slot = 0; slot < count; slot++) load(table, slot, random);
  const balancer = createBalancer(subject.balance, { table, random, serviceSlot: 0 });
  balancer.update(makeCandidates(count, subject.weighted));
  const keys = Int32Array.from({ length: 65_536 }, (_, index) => hashString(`key ${index}`));
  runPicks(balancer, table, keys, picks);
  const start = clock();
  for (let round = 0; round < ROUNDS; round++) runPicks(balancer, table, keys, picks);
  return ((clock() - start) * 1e6) / (ROUNDS * picks);
}

/** Gives a slot the load of a running endpoint: 1 to 20 requests in flight, 1 to 50 ms. */
function load(table: EndpointTable, slot: number, random: () => number): void {
  resetEndpoint(table, slot);
  table.inflight[slot] = 1 + Math.floor(random() * 20);
  table.serviceInflight[0]! += table.inflight[slot];
  table.latencyEwma[slot] = 1 + random() * 49;
  table.bytesRate[slot] = random() * 1e6;
  table.latencyStamp[slot] = table.bytesStamp[slot] = table.reportedStamp[slot] = 1000;
  table.reportedCpu[slot] = table.reportedMemory[slot] = random();
  table.reportedInflight[slot] = table.inflight[slot];
}

/** Each pick starts a request; the one that was started 1,024 picks before ends. */
function runPicks(balancer: Balancer, table: EndpointTable, keys: Int32Array, picks: number): void {
  const started = new Int32Array(1024).fill(-1);
  for (let count = 0; count < picks; count++) {
    const slot = balancer.pick(keys[count & 65_535]!, [], instant(1000 + count * 0.001));
    table.inflight[slot]!++;
    table.serviceInflight[0]!++;
    const ended = started[count & 1023]!;
    if (ended >= 0) {
      table.inflight[ended]!--;
      table.serviceInflight[0]!--;
    }
    started[count & 1023] = slot;
  }
  for (const slot of started) {
    if (slot < 0) continue;
    table.inflight[slot]!--;
    table.serviceInflight[0]!--;
  }
}
