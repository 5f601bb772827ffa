/** Tokens that were taken back, in a real store: refused within the time that answers are remembered, and as the configuration says while the store is away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { ValkeyClient } from '../../src/clients/valkey/valkey-client.ts';
import { type GuardedPlane, startGuarded } from '../support/guarded-plane.ts';
import { claims, ecPair, ISSUER, keySet, token } from '../support/tokens.ts';
import { ValkeyServer } from '../support/valkey-server.ts';
import { eventually } from '../support/waiting.ts';

const pair = ecPair('one');

function guarded(
  server: ValkeyServer,
  revocation: { readonly by?: 'jti' | 'sub'; readonly without?: 'open' | 'closed'; readonly cache?: string } = {},
): Promise<GuardedPlane> {
  const issuers = [{ issuer: ISSUER, jwks: keySet(pair) }];
  return startGuarded([{ jwt: { issuers, revocation: { store: 'main', ...revocation } } }], { stores: { main: { url: server.url } } });
}

async function statusOf(world: GuardedPlane, more: Readonly<Record<string, unknown>>): Promise<number> {
  return (await world.ask([`Authorization: Bearer ${token(pair, claims(more))}`])).status;
}

async function revoke(server: ValkeyServer, key: string): Promise<void> {
  const client = new ValkeyClient({ url: server.url, runtime: nodeRuntime, say: () => {} });
  client.start();
  await eventually(5_000, 'the test is connected', () => client.isUp);
  await client.set(key, Buffer.from('1'), 60_000);
  client.close();
}

test('a token is refused once it was taken back, after the time for which answers are remembered', async () => {
  await using server = await ValkeyServer.start();
  await using world = await guarded(server, { cache: '5s' });
  await eventually(5_000, 'the store is there', async () => (await statusOf(world, { jti: 'a' })) === 200);
  await revoke(server, 'sluice:revoked:a');
  assert.equal(await statusOf(world, { jti: 'a' }), 200, 'remembered');
  world.advance(5_001);
  assert.equal(await statusOf(world, { jti: 'a' }), 401);
  assert.equal(await statusOf(world, { jti: 'b' }), 200);
  assert.equal(await statusOf(world, {}), 401, 'a token without an id could never be taken back');
});

test('all tokens of a user may be taken back', async () => {
  await using server = await ValkeyServer.start();
  await revoke(server, 'sluice:revoked:anna');
  await using world = await guarded(server, { by: 'sub' });
  await eventually(5_000, 'the store is there', async () => (await statusOf(world, { sub: 'bert' })) === 200);
  assert.deepEqual([await statusOf(world, { sub: 'anna' }), await statusOf(world, { sub: 'anna', jti: 'x' })], [401, 401]);
});

test('without the store requests are refused or pass, as is wanted, and none waits for it', async () => {
  const server = await ValkeyServer.start();
  await using closed = await guarded(server, { without: 'closed', cache: '0s' });
  await using open = await guarded(server, { without: 'open', cache: '0s' });
  await eventually(
    5_000,
    'the store is there',
    async () => (await statusOf(closed, { jti: 'a' })) === 200 && (await statusOf(open, { jti: 'a' })) === 200,
  );
  server.stop();
  const start = performance.now();
  assert.deepEqual([await statusOf(closed, { jti: 'a' }), await statusOf(open, { jti: 'a' })], [503, 200]);
  assert.ok(performance.now() - start < 1_500, 'twice the 100 ms of a command, and room for a busy machine');
  await server.kill();
  assert.deepEqual([await statusOf(closed, { jti: 'a' }), await statusOf(open, { jti: 'a' })], [503, 200]);
});
