/** Names of endpoints under a name server and a clock that the test plays. */
import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { beforeEach, test } from 'node:test';
import { nameResolver, type NameSource } from './name-resolver.ts';

type Records = readonly { readonly address: string; readonly ttl: number }[];

let now = 0;
let asked: string[] = [];
let v4: () => Promise<Records>;
let v6: () => Promise<Records>;
let system: () => Promise<readonly LookupAddress[]>;

const source: NameSource = {
  records(name, family) {
    asked.push(`${name} ${family}`);
    return family === 4 ? v4() : v6();
  },
  system(name) {
    asked.push(`${name} system`);
    return system();
  },
  now: () => now,
};

const none = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'));
const silent = (): Promise<never> => new Promise<never>(() => {});

function records(ttl: number, ...addresses: string[]): () => Promise<Records> {
  return () => Promise.resolve(addresses.map((address) => ({ address, ttl })));
}

beforeEach(() => {
  now = 1_000_000;
  asked = [];
  v4 = none;
  v6 = none;
  system = () => Promise.resolve([]);
});

/** All addresses in the order in which a connection tries them, or the error's code. */
function addressesOf(resolver: ReturnType<typeof nameResolver>): Promise<string> {
  return new Promise((resolve) =>
    resolver.lookup('a.test', { all: true }, (error, addresses) =>
      resolve(error === null ? (addresses as LookupAddress[]).map(({ address }) => address).join(' ') : String(error.code)),
    ),
  );
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('A and AAAA records, used in turn, asked again when the shortest TTL is over', async () => {
  v4 = records(60, '10.0.0.1', '10.0.0.2');
  v6 = records(20, '::1');
  const resolver = nameResolver(source);
  assert.equal(await addressesOf(resolver), '10.0.0.1 10.0.0.2 ::1');
  assert.equal(await addressesOf(resolver), '10.0.0.2 ::1 10.0.0.1');
  assert.equal(await addressesOf(resolver), '::1 10.0.0.1 10.0.0.2');
  now += 19_999;
  await addressesOf(resolver);
  assert.equal(asked.filter((what) => what === 'a.test 4').length, 1);
  v4 = records(60, '10.0.0.3');
  v6 = none;
  now += 1;
  assert.equal(await addressesOf(resolver), '10.0.0.2 ::1 10.0.0.1', 'the old answer serves while the new one is asked for');
  await settled();
  assert.equal(await addressesOf(resolver), '10.0.0.3');
});

test('requests that come at once ask once, and one address is given to who wants one', async () => {
  v4 = records(60, '10.0.0.1');
  const resolver = nameResolver(source);
  const single = new Promise((resolve) => resolver.lookup('a.test', {}, (_error, address, family) => resolve([address, family])));
  assert.deepEqual(await Promise.all([single, addressesOf(resolver)]), [['10.0.0.1', 4], '10.0.0.1']);
  assert.deepEqual(asked.toSorted(), ['a.test 4', 'a.test 6', 'a.test system']);
});

test('a name that DNS does not know comes from the system, and is asked again after 30 s', async () => {
  system = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const resolver = nameResolver(source);
  assert.equal(await addressesOf(resolver), '127.0.0.1');
  await settled();
  now += 29_999;
  await addressesOf(resolver);
  assert.equal(asked.length, 3);
  now += 1;
  await addressesOf(resolver);
  await settled();
  assert.equal(asked.length, 6);
});

test('a name of the hosts file does not wait for a name server that does not answer', async () => {
  v4 = v6 = silent;
  system = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  assert.equal(await addressesOf(nameResolver(source)), '127.0.0.1');
});

test('a TTL of 0 is a second, one of a week is five minutes', async () => {
  v4 = records(0, '10.0.0.1');
  const resolver = nameResolver(source);
  await addressesOf(resolver);
  await settled();
  now += 999;
  await addressesOf(resolver);
  assert.equal(asked.length, 3);
  v4 = records(604_800, '10.0.0.2');
  now += 1;
  await addressesOf(resolver);
  await settled();
  now += 299_999;
  assert.equal(await addressesOf(resolver), '10.0.0.2');
  assert.equal(asked.length, 5);
  now += 1;
  await addressesOf(resolver);
  assert.equal(asked.length, 7);
});

test('while the name server is gone the last answer serves on; a name never known is an error, asked again after a second', async () => {
  const resolver = nameResolver(source);
  assert.equal(await addressesOf(resolver), 'ENOTFOUND');
  const before = asked.length;
  assert.equal(await addressesOf(resolver), 'ENOTFOUND');
  assert.equal(asked.length, before);
  v4 = records(10, '10.0.0.1');
  now += 1_000;
  assert.equal(await addressesOf(resolver), '10.0.0.1');
  v4 = none;
  now += 10_000;
  assert.equal(await addressesOf(resolver), '10.0.0.1');
  await settled();
  now += 60_000;
  assert.equal(await addressesOf(resolver), '10.0.0.1');
});
