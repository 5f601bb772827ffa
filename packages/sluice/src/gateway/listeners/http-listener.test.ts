/** What becomes of a listener's connections when plans change, drains begin and limits are reached. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type PlaneConfig, planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { connectionsOf, pilingOrigin } from '../../../test/support/piling-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { freePort } from '../../io/ports.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';
import { HttpListener } from './http-listener.ts';
import { CLOSE_REASONS, CONNECTIONS_CLOSED, CONNECTIONS_OPENED, CONNECTIONS_REFUSED } from '../../observe/metric-layout.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OWN: PlaneConfig = { services: {}, routes: [{ path: '/*', respond: 204 }] };

function answers(count: number): (text: string) => boolean {
  return (text) => statuses(text).length === count && text.endsWith('\r\n\r\n');
}

function counted(world: TestPlane, column: number): number {
  return world.board.row('listener', 0)[column]!;
}

function closed(world: TestPlane, reason: (typeof CLOSE_REASONS)[number]): number {
  return counted(world, CONNECTIONS_CLOSED + CLOSE_REASONS.indexOf(reason));
}

describe('a reload', () => {
  test('keeps an idle connection, which is served by the new plan', async () => {
    await using world = await startPlane(OWN);
    using client = await RawClient.open(world.port);
    await client.ask(GET, answers(1));
    await world.reload({ services: {}, routes: [{ path: '/*', respond: 205 }] });
    const text = await client.ask(GET, answers(1));
    assert.deepEqual(statuses(text), [205]);
    assert.ok(!/connection: close/i.test(text));
  });

  test('keeps a request that is under way on its route', async () => {
    let answer = (): void => {};
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      answer = () => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write(GET);
    await eventually(3_000, 'the origin is asked', () => origin.connections[0]?.received.endsWith('\r\n\r\n') === true);
    await world.reload(OWN);
    answer();
    assert.deepEqual(statuses(await client.until('the reply comes', answers(1))), [200]);
  });

  test('that trusts a peer no longer believes nothing more on its open connections', async () => {
    await using origin = await startRecordingOrigin();
    const trusting = planeTo(origin.port, { listener: { forwarding: { trustedProxies: ['127.0.0.1'] } } });
    await using world = await startPlane(trusting);
    using client = await RawClient.open(world.port);
    const claim = 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n';
    const saw = (text: string): boolean => text.includes('origin saw');
    await client.ask(claim, saw);
    await world.reload(trusting);
    await client.ask(claim, saw);
    await world.reload(planeTo(origin.port));
    await client.ask(claim, saw);
    const told = origin.requests.map(({ fields }) => fields.find(([name]) => name === 'x-forwarded-for')?.[1]);
    assert.deepEqual(told, ['6.6.6.6, 127.0.0.1', '6.6.6.6, 127.0.0.1', '127.0.0.1']);
  });

  test('gives new limits to the bodies of connections that are open', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;abc=d\r\nx\r\n0\r\n\r\n';
    await client.ask(post, (text) => text.includes('origin saw'));
    await world.reload(planeTo(origin.port, { listener: { limits: { chunkExtensions: '2B' } } }));
    assert.deepEqual(statuses(await client.ask(post, (text) => statuses(text).length === 1)), [431]);
  });

  test('gives new limits to connections that are open', async () => {
    await using world = await startPlane(OWN);
    using client = await RawClient.open(world.port);
    await client.ask(GET, answers(1));
    await world.reload({ ...OWN, listener: { limits: { headersMax: 2 } } });
    client.write('GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n');
    await client.ended();
    assert.deepEqual(statuses(client.text), [204, 431]);
  });
});

describe('a drain', () => {
  test('announces itself on the next reply of each connection, and cuts nobody', async () => {
    await using world = await startPlane(OWN);
    using client = await RawClient.open(world.port);
    await client.ask(GET, answers(1));
    const drained = world.plane.drain(10_000, 10_000);
    const text = await client.ask(GET, answers(1));
    assert.match(text, /\r\nConnection: close\r\n/);
    assert.equal(await client.ended(), 'fin');
    client.socket.end();
    assert.equal(await drained, 0);
    assert.equal(closed(world, 'drain'), 1);
  });

  test('refuses new connections', async () => {
    await using world = await startPlane(OWN);
    using client = await RawClient.open(world.port);
    await client.ask(GET, answers(1));
    const drained = world.plane.drain(300, 300);
    await eventually(3_000, 'nobody listens', () => isRefused(world.port));
    await drained;
  });

  test('waits for a reply under way, which says that it is the last', async () => {
    let answer = (): void => {};
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      answer = () => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write(GET);
    await eventually(3_000, 'the origin is asked', () => origin.connections[0]?.received.endsWith('\r\n\r\n') === true);
    const drained = world.plane.drain(10_000, 10_000);
    answer();
    assert.match(await client.until('the reply comes', answers(1)), /\r\nConnection: close\r\n/);
    client.socket.end();
    assert.equal(await drained, 0);
  });

  test('closes idle connections before its deadline, but none that still writes', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: { status: 200, body: 'x'.repeat(60_000) } }] });
    using idle = await RawClient.open(world.port);
    await idle.ask(GET, (text) => text.endsWith('x'));
    using slow = await RawClient.open(world.port);
    slow.socket.pause();
    slow.write(GET.repeat(100));
    await eventually(3_000, 'it does not read', () => connectionsOf(world).some((each) => !each.hasRoom));
    const drained = world.plane.drain(10_000, 20);
    assert.equal(await idle.ended(), 'fin');
    slow.socket.resume();
    assert.equal(await slow.ended(), 'fin');
    assert.ok(slow.text.endsWith('x'.repeat(60_000)), 'its last reply is whole');
    assert.match(slow.text, /\r\nConnection: close\r\n/);
    slow.socket.end();
    assert.equal(await drained, 0);
  });

  test('does not take the rest of a reply for idleness', async () => {
    const { origin, sent, watch } = await pilingOrigin();
    await using _origin = origin;
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    watch(world);
    client.write(GET);
    await eventually(3_000, 'the reply is complete', () => connectionsOf(world)[0]?.['exchange'] === null && sent() > 0);
    const drained = world.plane.drain(300, 20);
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.socket.resume();
    await client.ended();
    assert.equal((client.text.match(/x/g) ?? []).length, sent());
    assert.equal(await drained, 0);
  });

  test('cuts a connection whose end is on its way', async () => {
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      await mayAnswer;
      connection.write('HTTP/1.0 200 OK\r\n\r\nhello');
      connection.end();
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    await eventually(3_000, 'the origin is asked', () => origin.connections.length === 1);
    const connection = connectionsOf(world)[0]!;
    const { socket } = connection;
    const isEnding = new Promise<boolean>((resolve) => {
      const end = socket.end.bind(socket);
      socket.end = ((done: () => void) => {
        end(done);
        process.nextTick(() => {
          resolve(socket.writableEnded && !socket.writableFinished);
          connection.cut('drain');
        });
        return socket;
      }) as typeof socket.end;
    });
    answer();
    assert.equal(await isEnding, true);
    await eventually(1_000, 'it is closed', () => socket.closed && connectionsOf(world).length === 0);
    await client.ended();
    client.socket.destroy();
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await eventually(1_000, 'no handle is left', () => sockets() === 0);
  });

  test('at its deadline closes idle connections uncounted, and cuts what is under way', async () => {
    await using origin = await hostileOrigin(async (connection) => await connection.head());
    await using world = await startPlane(
      planeTo(origin.port, {
        routes: [
          { path: '/own', respond: 204 },
          { path: '/*', to: 'origin' },
        ],
      }),
    );
    using idle = await RawClient.open(world.port);
    await idle.ask('GET /own HTTP/1.1\r\nHost: a\r\n\r\n', answers(1));
    using busy = await RawClient.open(world.port);
    busy.write(GET);
    await eventually(3_000, 'the origin is asked', () => origin.connections.length === 1);
    assert.equal(await world.plane.drain(100, 50), 1);
    assert.equal(await idle.ended(), 'fin');
    await busy.ended();
    assert.equal(busy.text, '');
    await eventually(3_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
  });
});

test('connections above the limit are closed at once and counted, and make room when others leave', async () => {
  await using world = await startPlane({ ...OWN, listener: { connectionsMax: 2 } });
  using first = await RawClient.open(world.port);
  using second = await RawClient.open(world.port);
  await first.ask(GET, answers(1));
  await second.ask(GET, answers(1));
  using third = await RawClient.open(world.port);
  await third.ended();
  assert.equal(third.text, '');
  assert.deepEqual([counted(world, CONNECTIONS_OPENED), counted(world, CONNECTIONS_REFUSED)], [2, 1]);
  first.socket.destroy();
  await eventually(3_000, 'the first has left', () => closed(world, 'normal') + closed(world, 'error') === 1);
  using fourth = await RawClient.open(world.port);
  await fourth.ask(GET, answers(1));
});

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(false)));
    socket.once('error', () => resolve(true));
  });
}

describe('a new listener', () => {
  test('lets who connects before the plan is in force wait, and serves them then', async () => {
    await using world = await startPlane(OWN);
    const [plan] = world.plane.plan.listeners;
    const port = await freePort('127.0.0.1');
    const listener = new HttpListener(world.plane, { ...(plan as HttpListenerPlan), address: { kind: 'tcp', host: '127.0.0.1', port } }, 0);
    await listener.start();
    using client = await RawClient.open(port);
    using leaver = await RawClient.open(port);
    client.write(GET);
    leaver.socket.resetAndDestroy();
    // The first listener answers on the same event loop: by then the second has had its turn, too.
    using other = await RawClient.open(world.port);
    await other.ask(GET, answers(1));
    assert.equal(client.text, '');
    listener.setRoutes();
    listener.serve();
    assert.deepEqual(statuses(await client.until('the reply comes', answers(1))), [204]);
    listener.close();
  });

  test('on a unix socket, a cut reply without framing ends the connection and nothing else', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-')), 'listener');
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      await connection.sleep(30);
      connection.reset();
    });
    await using world = await startPlane(planeTo(origin.port));
    const [plan] = world.plane.plan.listeners;
    const listener = new HttpListener(world.plane, { ...(plan as HttpListenerPlan), address: { kind: 'unix', path } }, 0);
    await listener.start();
    listener.setRoutes();
    listener.serve();
    const socket = connect(path);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.write('GET / HTTP/1.0\r\n\r\n');
    await once(socket, 'close');
    assert.match(text, /hello$/);
    assert.equal(listener.connections.size, 0);
    listener.close();
  });
});
