/** Endpoints by name: several addresses of which some are dead, names that move, and `localhost` as the machine knows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NameSource, nameResolver } from '../../src/io/name-resolver.ts';
import { startGateway } from '../support/gateway.ts';
import { startMoodyOrigins } from '../support/moody-origin.ts';
import { servicePlan } from '../support/plans.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { startRecordingOrigin } from '../support/recording-origin.ts';
import { startServicePlane } from '../support/service-plane.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A name server that knows one name, and a clock. */
function nameServer(): NameSource & { addresses: string[]; addedMs: number } {
  return {
    addresses: [],
    addedMs: 0,
    records(_name, family) {
      const found = this.addresses.filter((address) => address.includes(':') === (family === 6));
      return found.length === 0 ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found.map((address) => ({ address, ttl: 5 })));
    },
    system: () => Promise.resolve([]),
    now() {
      return 1_000_000 + this.addedMs;
    },
  };
}

test('a name with dead addresses is reached at the one that lives, whichever is tried first', { timeout: 20_000 }, async () => {
  await using origin = await startRecordingOrigin();
  const names = nameServer();
  names.addresses = ['127.0.0.9', '127.0.0.1', '::1'];
  const { pool } = servicePlan('x', []);
  const service = servicePlan('web', [`origin.test:${origin.port}`], { pool: { ...pool, idleMax: 0 } }); // a connection per request
  await using world = await startServicePlane([service], [], { lookup: nameResolver(names).lookup });
  for (let count = 0; count < 6; count++) assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200], `request ${count}`);
  assert.equal(origin.requests.length, 6);
  assert.equal(world.table.failed[0], 0);
});

test('a name that moves is followed when its TTL is over', { timeout: 20_000 }, async () => {
  await using before = await startRecordingOrigin();
  const names = nameServer();
  names.addresses = ['127.0.0.1'];
  const { pool } = servicePlan('x', []);
  const service = servicePlan('web', [`origin.test:${before.port}`], {
    pool: { ...pool, idleMax: 0 },
    retry: { ...servicePlan('x', []).retry, attempts: 1 },
  });
  await using world = await startServicePlane([service], [], { lookup: nameResolver(names).lookup });
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
  names.addresses = ['127.0.0.9']; // where nobody listens
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200], 'the answer still holds');
  names.addedMs += 5_001;
  await rawExchange(world.port, GET); // the old answer, while the new one is asked for
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [502]);
  names.addresses = ['127.0.0.1'];
  names.addedMs += 5_001;
  await rawExchange(world.port, GET);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
});

test('a name that nobody knows is 502, and says so in no more than a moment', { timeout: 20_000 }, async () => {
  const service = servicePlan('web', ['nowhere.test:80']);
  await using world = await startServicePlane([service], [], { lookup: nameResolver(nameServer()).lookup });
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [502]);
  assert.deepEqual(world.leftovers(), {});
});

test('localhost, as the real program finds it', { timeout: 20_000 }, async (t) => {
  const [origin] = await startMoodyOrigins(t, 1);
  const services = { origin: { endpoints: [`localhost:${origin!.port}`], outlier: false as const } };
  await using gateway = await startGateway({ services, routes: [{ path: '/*', to: 'origin' }], workers: 1 });
  assert.match((await rawExchange(gateway.port, GET)).text, /^HTTP\/1\.1 200 [^]*hello/);
});
