import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashString } from '../../base/hash.ts';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { NONE } from './balancer.ts';
import type { BalanceShape } from './balancers.ts';
import type { ServiceEndpoint } from './candidate-list.ts';
import { DOWN, DRAINING, EJECTED, endpointTable, MAINTENANCE, resetEndpoint } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { ServiceBalancer } from './service-balancer.ts';

const BALANCE: BalanceShape = { algorithm: 'random', hashTable: 'maglev', loadFactor: 0, maxCpu: 1, maxMemory: 1, decayMs: 10_000 };
const SERVICE = 3;

interface Setting {
  readonly count?: number;
  readonly priorities?: readonly number[];
  readonly weights?: readonly number[];
  readonly panicThreshold?: number;
  readonly slowStartMs?: number;
  readonly balance?: Partial<BalanceShape>;
  readonly requestsMax?: number;
}

function listEndpoints({ count = 4, priorities = [], weights = [], requestsMax = 0 }: Setting): ServiceEndpoint[] {
  return Array.from({ length: count }, (_, slot) => ({
    slot,
    address: `10.0.0.${slot}:80`,
    weight: weights[slot] ?? 1,
    priority: priorities[slot] ?? 0,
    requestsMax,
  }));
}

function setUp(setting: Setting = {}): { table: EndpointTable; service: ServiceBalancer; change: (slot: number, bits: number) => void } {
  const table = endpointTable();
  for (let slot = 0; slot < 20; slot++) resetEndpoint(table, slot);
  const service = new ServiceBalancer({
    table,
    random: seededRandom(1),
    serviceSlot: SERVICE,
    balance: { ...BALANCE, ...setting.balance },
    endpoints: listEndpoints(setting),
    panicThreshold: setting.panicThreshold ?? 0.5,
    slowStartMs: setting.slowStartMs ?? 0,
  });
  const change = (slot: number, bits: number): void => {
    table.state[slot] = bits;
    table.epoch[SERVICE]!++;
  };
  return { table, service, change };
}

/** How often each slot is picked in 1,000 picks; the last entry counts NONE. */
function shares(service: ServiceBalancer, now = 0, picks = 1000): number[] {
  const counts = Array.from({ length: 5 }, () => 0);
  for (let pick = 0; pick < picks; pick++) {
    const slot = service.pick(pick, [], instant(now));
    counts[slot === NONE ? 4 : slot]!++;
  }
  return counts;
}

function served(service: ServiceBalancer, now = 0): number[] {
  return [...shares(service, now).keys()].filter((slot) => shares(service, now)[slot]! > 0);
}

test('down, ejected, draining and maintained endpoints get nothing, from the next pick on', () => {
  for (const bit of [DOWN, EJECTED, DRAINING, MAINTENANCE]) {
    const { service, change } = setUp();
    assert.deepEqual(served(service), [0, 1, 2, 3]);
    change(2, bit);
    assert.deepEqual(served(service), [0, 1, 3]);
    change(2, 0);
    assert.deepEqual(served(service), [0, 1, 2, 3]);
  }
});

test('nothing changes before the epoch does', () => {
  const { table, service } = setUp();
  served(service);
  table.state[1] = DOWN;
  assert.deepEqual(served(service), [0, 1, 2, 3]);
});

test('a weight of 0, by configuration or by the agent, takes nothing new', () => {
  const { table, service } = setUp({ weights: [1, 0, 1, 1] });
  assert.deepEqual(served(service), [0, 2, 3]);
  table.agentWeight[3] = 0;
  table.epoch[SERVICE]!++;
  assert.deepEqual(served(service), [0, 2]);
});

test('the agent’s weight scales the configured one', () => {
  const { table, service } = setUp({ weights: [2, 2, 2, 2] });
  table.agentWeight[0] = 0.5;
  table.epoch[SERVICE]!++;
  // 1 of 7 parts of 7,000; standard deviation 29.
  assert.ok(Math.abs(shares(service, 0, 7000)[0]! - 1000) < 130);
});

test('when too few are healthy health is ignored, but not drain and maintenance', () => {
  const { service, change } = setUp();
  change(0, DOWN);
  change(1, EJECTED);
  assert.deepEqual(served(service), [2, 3], 'half is enough');
  change(2, DOWN);
  assert.deepEqual(served(service), [0, 1, 2, 3]);
  change(1, EJECTED | DRAINING);
  change(2, DOWN | MAINTENANCE);
  // One of two admitted endpoints is healthy: no panic any more.
  assert.deepEqual(served(service), [3]);
  change(3, DOWN);
  assert.deepEqual(served(service), [0, 3]);
});

test('without a panic threshold nobody is better than a sick one', () => {
  const { service, change } = setUp({ panicThreshold: 0 });
  for (let slot = 0; slot < 4; slot++) change(slot, DOWN);
  assert.deepEqual(served(service), [4]);
});

test('the next priority takes what the first cannot', () => {
  const { service, change } = setUp({ priorities: [0, 0, 1, 1] });
  assert.deepEqual(served(service), [0, 1]);
  change(0, DOWN);
  const counts = shares(service, 0, 10_000);
  assert.equal(counts[0], 0);
  // 1.4 × 50 % = 70 %; standard deviation 46.
  assert.ok(Math.abs(counts[1]! - 7000) < 210, `${counts.join()}`);
  change(1, DOWN);
  assert.deepEqual(served(service), [2, 3]);
});

test('a backup helps when all of the first level are full or tried', () => {
  const { table, service } = setUp({ priorities: [0, 0, 1, 1], requestsMax: 1 });
  table.inflight[0] = 1;
  assert.ok([2, 3].includes(service.pick(0, [1], instant(0))));
  assert.equal(service.pick(0, [1, 2, 3], instant(0)), NONE);
});

test('an endpoint that comes back is given its weight little by little', () => {
  const { table, service } = setUp({ count: 2, slowStartMs: 10_000 });
  table.since[1] = 1000;
  table.epoch[SERVICE]!++;
  const share = (now: number): number => shares(service, now, 10_000)[1]! / 10_000;
  // Weights 1 and w: a share of w / (1 + w); standard deviation below 0.005.
  for (const [now, weight] of [
    [1000, 0.1],
    [2000, 0.1],
    [3500, 0.25],
    [6000, 0.5],
    [11_000, 1],
    [99_000, 1],
  ] as const) {
    assert.ok(Math.abs(share(now) - weight / (1 + weight)) < 0.02, `at ${now} ms`);
  }
});

test('hashing has no slow start, which would move its keys', () => {
  const { table, service } = setUp({ slowStartMs: 10_000, balance: { algorithm: 'hash' } });
  const before = shares(service);
  table.since[1] = 1;
  table.epoch[SERVICE]!++;
  assert.deepEqual(shares(service, 500), before);
  assert.equal(service.needsKey, true);
});

test('a draining endpoint is usable for the sessions it has, a maintained one for none', () => {
  const { service, change } = setUp();
  change(0, DRAINING);
  change(1, MAINTENANCE);
  change(2, DOWN);
  service.pick(0, [], instant(0));
  assert.deepEqual([service.isUsable(0, true), service.isUsable(0, false)], [true, false]);
  assert.deepEqual([service.isUsable(1, true), service.isUsable(3, false)], [false, true]);
  // One of two admitted is healthy: half, no panic.
  assert.equal(service.isUsable(2, true), false);
  change(3, DOWN);
  service.pick(0, [], instant(0));
  assert.equal(service.isUsable(2, true), true, 'in panic');
  assert.equal(service.isUsable(17, true), false, 'not of this service');
});

test('a reload keeps turns, and drops what is gone', () => {
  const { service } = setUp({ balance: { algorithm: 'round-robin' } });
  const first = service.pick(0, [], instant(0));
  service.setEndpoints(listEndpoints({ count: 4 }));
  assert.equal(service.pick(0, [], instant(0)), (first + 1) % 4);
  service.setEndpoints(listEndpoints({ count: 2 }));
  assert.deepEqual(served(service), [0, 1]);
  service.setEndpoints([]);
  assert.equal(service.pick(0, [], instant(0)), NONE);
});

test('starts and ends are counted, and what algorithms learn reaches them', () => {
  const { table, service } = setUp({ balance: { algorithm: 'peak-ewma' } });
  service.start(2, 1);
  assert.deepEqual([table.inflight[2], table.serviceInflight[SERVICE]], [1, 1]);
  service.observe(2, 25, false, 100, instant(10));
  service.end(2, 1);
  assert.deepEqual([table.inflight[2], table.latencyEwma[2], service.learns], [0, 25, true]);
  assert.equal(setUp({ balance: { algorithm: 'p2c' } }).service.learns, false);
});

test("an agent's bound on requests takes the configured one's place, from the next pick on", () => {
  const { table, service } = setUp({ count: 1, requestsMax: 3 });
  const room = (): number => {
    let taken = 0;
    while (taken < 10 && service.pick(0, [], instant(0)) !== NONE) {
      service.start(0, 0);
      taken++;
    }
    for (let ended = 0; ended < taken; ended++) service.end(0, 0);
    return taken;
  };
  assert.equal(room(), 3);
  table.agentRequestsMax[0] = 5;
  table.epoch[SERVICE]!++;
  assert.equal(room(), 5);
  table.agentRequestsMax[0] = 0;
  table.epoch[SERVICE]!++;
  assert.equal(room(), 3);
});

test('a split gives each version its share whatever its size, comes and goes without other endpoints, and spares the dead', () => {
  const { service, change } = setUp();
  const versions = listEndpoints({ count: 4 }).map((endpoint) => ({ ...endpoint, version: endpoint.slot === 3 ? 'v2' : 'v1' }));
  service.setEndpoints(versions, { v1: 0.9, v2: 0.1 });
  const canary = shares(service, 0, 5_000)[3]!;
  assert.ok(Math.abs(canary - 500) < 80, `${canary} of 5,000`);
  service.setEndpoints(versions, { v1: 0, v2: 1 });
  assert.deepEqual(shares(service), [0, 0, 0, 1000, 0]);
  change(3, DOWN);
  assert.equal(shares(service)[3], 0, 'a canary that is down gets nothing');
  change(3, 0);
  service.setEndpoints(versions);
  const even = shares(service, 0, 4_000);
  assert.ok(
    even.slice(0, 4).every((count) => Math.abs(count - 1_000) < 120),
    String(even),
  );
});

for (const hashTable of ['maglev', 'ketama', 'rendezvous'] as const) {
  test(`a key stays on its version while shares stay, and leaves it once at most as they move (${hashTable})`, () => {
    const { service } = setUp({ balance: { algorithm: 'hash', hashTable } });
    const versions = listEndpoints({ count: 4 }).map((endpoint) => ({ ...endpoint, version: endpoint.slot === 3 ? 'v10' : 'v9' }));
    const keys = Array.from({ length: 4_000 }, (_, index) => hashString(`session ${index}`));
    const slots = (): number[] => keys.map((key) => service.pick(key, [], instant(0)));
    let before = new Set<number>();
    let within: number[] = [];
    for (const share of [0.05, 0.25, 0.6, 0.95, 1]) {
      service.setEndpoints(versions, { v9: 1 - share, v10: share });
      const picked = slots();
      assert.deepEqual(slots(), picked, 'a key has one endpoint');
      const moved = new Set(keys.filter((_, index) => picked[index] === 3));
      // 4.5 standard deviations of 4,000 draws.
      const tolerance = 4.5 * Math.sqrt(share * (1 - share) * 4_000);
      assert.ok(Math.abs(moved.size - share * 4_000) <= tolerance, `${moved.size} of 4,000 at ${share}`);
      assert.ok(before.isSubsetOf(moved), 'nobody goes back to the old version');
      if (within.length > 0)
        assert.ok(
          picked.every((slot, index) => slot === 3 || slot === within[index]),
          'who stays keeps its endpoint',
        );
      before = moved;
      within = picked;
    }
  });
}

test('keys are divided over priorities as loads are, each always alike', () => {
  const { service, change } = setUp({ balance: { algorithm: 'ip-hash' }, count: 8, priorities: [0, 0, 0, 0, 1, 1, 1, 1] });
  change(0, DOWN);
  change(1, DOWN);
  const first = slotsOfKeys(service);
  assert.deepEqual(slotsOfKeys(service), first);
  // Two of four are healthy: 1.4 × 50 % stay.
  const kept = first.filter((slot) => slot < 4).length / first.length;
  assert.ok(Math.abs(kept - 0.7) < 0.04, String(kept));
});

/** The slots of 4,000 keys. */
function slotsOfKeys(service: ServiceBalancer): number[] {
  return Array.from({ length: 4_000 }, (_, index) => service.pick(hashString(`key ${index}`), [], instant(0)));
}

for (const algorithm of ['p2c', 'least-connections', 'round-robin', 'random'] as const) {
  test(`a canary's share under ${algorithm} is that of the draw, and a retry goes to the other version when this one is used up`, () => {
    const { service } = setUp({ balance: { algorithm } });
    const versions = listEndpoints({ count: 4 }).map((endpoint) => ({ ...endpoint, version: endpoint.slot === 3 ? 'v2' : 'v1' }));
    service.setEndpoints(versions, { v1: 0.95, v2: 0.05 });
    const canary = shares(service, 0, 20_000)[3]!;
    assert.ok(Math.abs(canary - 1_000) <= 4.5 * Math.sqrt(0.05 * 0.95 * 20_000), `${canary} of 20,000`);
    for (let round = 0; round < 200; round++) {
      assert.notEqual(service.pick(0, [3], instant(0)), NONE);
      assert.equal(service.pick(0, [0, 1, 2], instant(0)), 3);
      assert.equal(service.pick(0, [0, 1, 2, 3], instant(0)), NONE);
    }
  });
}
