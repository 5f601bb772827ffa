/** Event streams that are ended before their time: after an event, whole, and with nothing left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostileOrigin, type HostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

interface Stage {
  readonly origin: HostileOrigin;
  readonly world: ServicePlane;
  open(): Promise<RawClient>;
  slot(): number;
}

async function stage(run: (stage: Stage) => Promise<void>): Promise<void> {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(HEAD + chunk('data: 1\n\n'));
  });
  const address = `127.0.0.1:${origin.port}`;
  await using world = await startServicePlane([servicePlan('web', [address])]);
  const open = async (): Promise<RawClient> => {
    const client = await RawClient.open(world.port);
    client.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('its first event', (text) => text.includes('data: 1'));
    return client;
  };
  await run({ origin, world, open, slot: () => world.endpointSlot('web', address) });
}

test('between two events a stream ends at once, whole, and the connection is kept', () =>
  stage(async ({ world, open, origin }) => {
    using client = await open();
    assert.equal(world.plane.longLived.leave(), 1);
    await client.until('the end', (text) => text.endsWith('\r\n0\r\n\r\n'));
    await eventually(2_000, 'the origin is told', () => origin.connections[0]!.ending !== null);
    assert.deepEqual(world.table.inflight[0], 0);
    client.write('GET /again HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('another stream', (text) => text.split('data: 1').length === 3);
  }));

test('in the middle of an event it waits for its end', () =>
  stage(async ({ world, open, origin }) => {
    using client = await open();
    const [connection] = origin.connections;
    connection!.write(chunk('id: 2\ndata: be'));
    await client.until('half an event', (text) => text.includes('data: be'));
    world.plane.longLived.leave();
    connection!.write(chunk('gun\n'));
    await client.until('more of it', (text) => text.includes('gun\n'));
    assert.doesNotMatch(client.text, /0\r\n\r\n$/);
    connection!.write(chunk('\ndata: next'));
    await client.until('the rest', (text) => text.includes('next'));
    assert.doesNotMatch(client.text, /0\r\n\r\n$/, 'another event has begun in the same piece');
    connection!.write(chunk('\r\n\r\n'));
    await client.until('the end', (text) => text.endsWith('\r\n0\r\n\r\n'));
  }));

test('a share of an endpoint leaves, one by one over the time given, and nobody twice', () =>
  stage(async ({ world, open, slot }) => {
    const clients = await Promise.all(Array.from({ length: 10 }, open));
    const ended = (): number => clients.filter(({ text }) => text.endsWith('\r\n0\r\n\r\n')).length;
    const { longLived, clock, random } = world.plane;
    assert.equal(longLived.leaveShare(slot(), 0.3, 1_000, clock.now(), random), 3);
    assert.equal(longLived.leaveShare(slot(), 1, 10_000, clock.now(), random), 7);
    assert.equal(longLived.leaveShare(slot(), 1, 0, clock.now(), random), 0, 'all are leaving already');
    assert.equal(ended(), 0);
    world.advance(1_000);
    await eventually(2_000, 'the first three have ended', () => ended() >= 3);
    assert.ok(ended() < 10);
    world.advance(9_000);
    await eventually(2_000, 'all have ended', () => ended() === 10);
    world.advance(250);
    assert.equal(longLived.size, 0);
    for (const client of clients) client[Symbol.dispose]();
  }));

test('a stream whose coding hides its events is not ended early', async () => {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(HEAD.replace('\r\n\r\n', '\r\nContent-Encoding: gzip\r\n\r\n') + chunk('data: 1\n\n'));
  });
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
  using client = await RawClient.open(world.port);
  client.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until('its bytes', (text) => text.includes('data: 1'));
  assert.equal(world.plane.longLived.leave(), 0);
});
