/** Clients and origins that take their time, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { connectionsOf, pilingOrigin } from '../../../test/support/piling-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { eventually } from '../../../test/support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('slow readers', () => {
  const SIZE = 32 * 1024;

  test('a client that sends requests and reads no reply is not served on and on', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      const body = 'x'.repeat(SIZE);
      for (;;) {
        await connection.head();
        if (connection.ending !== null) return;
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n${body}`);
      }
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    const asked = (): number => origin.connections.reduce((sum, { received }) => sum + received.split('\r\n\r\n').length - 1, 0);
    const count = 2_000;
    client.write(GET.repeat(count));
    let before = -1;
    await eventually(5_000, 'no further request is sent', async () => {
      const now = asked();
      const isStill = now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isStill;
    });
    assert.ok(asked() < count, `all ${count} requests were sent, ${count * SIZE} bytes of replies are held in memory`);
    client.socket.resume();
    await eventually(10_000, 'all are answered', () => asked() === count && client.text.length > count * SIZE);
  });

  test('the rest of a last reply waits for its reader longer than a client may linger, and then no longer', async () => {
    const { origin, sent, watch } = await pilingOrigin();
    await using _origin = origin;
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    watch(world);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await eventually(3_000, 'our side ends', () => connectionsOf(world)[0]?.socket.writableEnded === true);
    const [connection] = connectionsOf(world);
    world.advance(5_000);
    client.socket.resume();
    assert.equal(await client.ended(), 'fin');
    assert.ok(client.text.endsWith('0\r\n\r\n'));
    assert.equal((client.text.match(/x/g) ?? []).length, sent());
    await eventually(3_000, 'all has left', () => connection!.socket.writableFinished);
    world.advance(1_300);
    assert.equal(connection!.socket.destroyed, true);
  });

  test('a client that ends its side gets the rest of its reply', async () => {
    const { origin, sent, watch } = await pilingOrigin();
    await using _origin = origin;
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    watch(world);
    client.write(GET);
    await eventually(3_000, 'the reply is complete', () => connectionsOf(world)[0]?.['exchange'] === null && sent() > 0);
    client.socket.end();
    await eventually(3_000, 'its end is seen', () => connectionsOf(world)[0]?.socket.readableEnded !== false);
    client.socket.resume();
    assert.equal(await client.ended(), 'fin');
    assert.equal((client.text.match(/x/g) ?? []).length, sent());
  });

  test('a whole reply to the close is not reset when its client lingers', async (context) => {
    await using origin = await hostileOrigin('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write('GET / HTTP/1.0\r\n\r\n');
    await eventually(3_000, 'all has left', () => connectionsOf(world)[0]?.socket.writableFinished === true);
    const { socket } = connectionsOf(world)[0]!;
    const resets = context.mock.method(socket, 'resetAndDestroy');
    world.advance(1_300);
    assert.equal(socket.destroyed, true);
    assert.equal(resets.mock.callCount(), 0);
  });

  test('one that takes nothing of a reply is cut after the silence that is allowed, and its origin let go', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      while (connection.ending === null) {
        if (connection.socket.writableLength < 1e6) connection.write('x'.repeat(100_000));
        await connection.sleep(1);
      }
    });
    await using world = await startPlane(planeTo(origin.port, { listener: { timeouts: { bodyIdle: '5s' } } }));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    client.write(GET);
    await eventually(3_000, 'the client has no room', () => connectionsOf(world)[0]?.hasRoom === false);
    world.advance(4_000);
    assert.equal(origin.connections[0]?.ending, null);
    world.advance(1_500);
    await eventually(3_000, 'the origin is let go', () => origin.connections[0]?.ending !== null);
  });
});

describe('Expect: 100-continue', () => {
  const asks = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

  test("the 100 is the origin's, and waiting for it is not being late", async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      await gate;
      connection.write('HTTP/1.1 100 Continue\r\n\r\n');
      await connection.until((received) => received.endsWith('hello'));
      connection.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    });
    await using world = await startPlane(planeTo(origin.port, { listener: { timeouts: { bodyRateMin: 0 } } }));
    using client = await RawClient.open(world.port);
    client.write(asks);
    await eventually(3_000, 'the origin is asked', () => origin.connections[0]?.received.includes('Expect: 100-continue\r\n') === true);
    world.advance(40_000); // more than bodyIdle and bodyGrace, less than responseHeader
    assert.equal(client.text, '');
    go();
    await client.until('the 100 comes', (seen) => statuses(seen).length === 1);
    world.advance(25_000); // the two together are more than responseHeader
    client.write('hello');
    const text = await client.until('the reply comes', (seen) => statuses(seen).length === 2);
    assert.deepEqual(statuses(text), [100, 201]);
    assert.ok(!/connection: close/i.test(text));
  });

  test('a client that does not wait for it may take longer than the origin may for its head', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.until((received) => received.endsWith('abcde'));
      connection.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    });
    await using world = await startPlane(planeTo(origin.port, { listener: { timeouts: { bodyRateMin: 0 } } }));
    using client = await RawClient.open(world.port);
    client.write(asks);
    for (const piece of ['a', 'b', 'c', 'd']) {
      client.write(piece);
      await eventually(3_000, 'it is passed on', () => origin.connections[0]?.received.endsWith(piece) === true);
      world.advance(25_000);
    }
    client.write('e');
    assert.deepEqual(statuses(await client.until('the reply comes', (seen) => seen !== '')), [201]);
  });

  test('a client that has its 100 can be late', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    await client.ask(asks, (seen) => statuses(seen).length === 1);
    world.advance(6_000);
    await client.ended();
    assert.deepEqual(statuses(client.text), [100, 408]);
  });

  test('a refusal in place of the 100 ends the connection: the content may or may not come', async () => {
    await using origin = await hostileOrigin('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write(asks);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(statuses(client.text), [413]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
  });
});

describe('deadlines of a client', () => {
  const listener = { timeouts: { header: '2s', keepAlive: '20s', bodyIdle: '5s', bodyRateMin: 1000, bodyGrace: '2s' } } as const;

  test('a head is bounded as a whole: further lines do not move its deadline', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: 204 }], listener });
    using client = await RawClient.open(world.port);
    await client.ask(GET, (seen) => statuses(seen).length === 1);
    const before = connectionBytes(world);
    client.write('GET / HTTP/1.1\r\n');
    await eventually(3_000, 'it has come', () => connectionBytes(world) > before);
    world.advance(1_500);
    client.write('Host: a\r\n');
    await eventually(3_000, 'it has come', () => connectionBytes(world) > before + 16);
    world.advance(800);
    await client.ended();
    assert.deepEqual(statuses(client.text), [204, 408]);
  });

  test('who sends nothing at all is closed without a word', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: 204 }], listener });
    using client = await RawClient.open(world.port);
    await eventually(3_000, 'it is accepted', () => connectionsOf(world).length === 1);
    world.advance(2_300);
    await client.ended();
    assert.equal(client.text, '');
  });

  for (const [what, first, afterMs] of [
    ['silent', 'x'.repeat(60_000), 5_300],
    ['below the least rate', 'x'.repeat(10), 2_300],
  ] as const) {
    test(`a body that is ${what} ends with 408, and its origin never sees a whole request`, async () => {
      await using origin = await hostileOrigin(async (connection) => await connection.head());
      await using world = await startPlane(planeTo(origin.port, { listener }));
      using client = await RawClient.open(world.port);
      client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${first}`);
      await eventually(3_000, 'the content has come', () => origin.connections[0]?.received.endsWith(first) === true);
      world.advance(afterMs - 600);
      assert.equal(client.text, '');
      world.advance(600);
      await client.ended();
      assert.deepEqual(statuses(client.text), [408]);
      await eventually(3_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
    });
  }

  test("an origin that does not take the content is not the client's fault", async () => {
    await using origin = await hostileOrigin((connection) => void connection.socket.pause());
    await using world = await startPlane(planeTo(origin.port, { listener }));
    using client = await RawClient.open(world.port);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(20_000_000)}`);
    await eventually(5_000, 'nobody takes more', () => connectionsOf(world)[0]!['isPaused']);
    world.advance(5_300);
    await client.ended();
    assert.deepEqual(statuses(client.text), [504]);
  });
});

function connectionBytes(world: TestPlane): number {
  return connectionsOf(world)[0]!.socket.bytesRead;
}
