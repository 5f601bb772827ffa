/** How each algorithm spreads requests over real sockets: its own promise, measured by who answered. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Instance, startInstance } from '../support/instances.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { within } from '../support/waiting.ts';

type Balance = NonNullable<ConfigInput['services']>[string]['balance'];

const REQUESTS = 900;
const instances: Instance[] = [];
let gateway: Gateway;

before(async () => {
  for (const name of ['a', 'b', 'c']) instances.push(await startInstance(name, () => 1));
  gateway = await startGateway(config('round-robin'));
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  for (const instance of instances) await instance[Symbol.asyncDispose]();
});

function config(balance: Balance, weights: readonly number[] = [1, 1, 1], requestsMax = 0) {
  const endpoints = instances.map((each, index) => ({ address: each.address, weight: weights[index]!, requestsMax }));
  return { services: { web: { endpoints, balance } }, routes: [{ path: '/*', to: 'web' }], workers: 1 };
}

/** Shares of a, b and c of the requests of 12 lanes. */
async function shares(path = '/'): Promise<number[]> {
  const load = startSteadyLoad({ port: gateway.port, connections: 12, path });
  await within(20_000, 'requests are answered', load.more(REQUESTS));
  const { bodies, failures, requests } = await load.stop();
  assert.deepEqual(failures, []);
  return instances.map((each) => (bodies.get(each.name) ?? 0) / requests);
}

function assertShares(actual: readonly number[], wanted: readonly number[], tolerance: number): void {
  for (const [index, share] of actual.entries()) {
    assert.ok(
      Math.abs(share - wanted[index]!) <= tolerance,
      `shares ${actual.map((each) => each.toFixed(3)).join(' ')}, wanted ${wanted.join(' ')}`,
    );
  }
}

const third = 1 / 3;
// Tolerances: deterministic algorithms are off by the lanes in flight at the end only; random ones by 4 standard deviations of a
// binomial of 900 (0.063); those that follow load (equal here) by what latency noise makes of it.
const cases: readonly (readonly [balance: Balance & string, weights: readonly number[], wanted: readonly number[], tolerance: number])[] = [
  ['round-robin', [1, 1, 1], [third, third, third], 0.02],
  ['smooth-wrr', [4, 1, 1], [4 / 6, 1 / 6, 1 / 6], 0.02],
  ['random', [1, 1, 1], [third, third, third], 0.07],
  ['random', [2, 1, 1], [0.5, 0.25, 0.25], 0.07],
  ['p2c', [1, 1, 1], [third, third, third], 0.07],
  ['least-connections', [1, 1, 1], [third, third, third], 0.07],
  ['least-connections', [2, 1, 1], [0.5, 0.25, 0.25], 0.12],
  ['least-response-time', [1, 1, 1], [third, third, third], 0.3],
  ['least-bandwidth', [1, 1, 1], [third, third, third], 0.3],
  ['peak-ewma', [1, 1, 1], [third, third, third], 0.3],
  ['prequal', [1, 1, 1], [third, third, third], 0.3],
  ['resource', [1, 1, 1], [third, third, third], 0.1],
];

describe('distribution over real sockets', () => {
  for (const [balance, weights, wanted, tolerance] of cases) {
    test(`${balance} with weights ${weights.join(':')}`, async () => {
      await gateway.reload(config(balance, weights));
      assertShares(await shares(), wanted, tolerance);
    });
  }

  test('ip-hash sends one address to one endpoint', async () => {
    await gateway.reload(config('ip-hash'));
    assert.deepEqual(
      (await shares()).toSorted((left, right) => left - right),
      [0, 0, 1],
    );
  });

  for (const table of ['maglev', 'ketama', 'rendezvous'] as const) {
    test(`hash on the URI over ${table}: one path, one endpoint; many paths, all endpoints`, async () => {
      await gateway.reload(config({ algorithm: 'hash', on: 'uri', table } as never));
      const byPath = new Map<string, Set<string>>();
      for (let index = 0; index < 90; index++) {
        const path = `/item/${index % 30}`;
        const reply = await rawExchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        byPath.set(path, (byPath.get(path) ?? new Set()).add(reply.text.at(-1)!));
      }
      assert.ok(
        [...byPath.values()].every((seen) => seen.size === 1),
        'a path moved',
      );
      assert.equal(new Set([...byPath.values()].flatMap((seen) => [...seen])).size, 3, 'an endpoint got nothing of 30 paths');
    });
  }

  test('first-fit fills the first endpoint before the next', async () => {
    await gateway.reload(config('first-fit', [1, 1, 1], 4));
    const [first = 0, second = 0, last = 0] = await shares();
    assert.ok(first > second && second >= last, `shares ${[first, second, last].map((each) => each.toFixed(2)).join(' ')}`);
  });

  for (const balance of ['p2c', 'least-connections', 'least-response-time', 'peak-ewma', 'prequal'] as const) {
    test(`${balance} gives a slow endpoint less`, async () => {
      const slow = await startInstance('c', () => 40);
      const fast = instances.slice(0, 2);
      const endpoints = [...fast, slow].map((each) => each.address);
      await gateway.reload({ services: { web: { endpoints, balance } }, routes: [{ path: '/*', to: 'web' }], workers: 1 });
      const [a = 0, b = 0, c = 0] = await shares();
      await slow[Symbol.asyncDispose]();
      assert.ok(c < Math.min(a, b), `shares ${[a, b, c].map((each) => each.toFixed(2)).join(' ')}`);
    });
  }
});
