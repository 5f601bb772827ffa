/** A client's connection over real sockets, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { planeTo, startPlane } from '../../test/support/data-plane.ts';
import { hostileOrigin } from '../../test/support/hostile-origin.ts';
import { RawClient } from '../../test/support/raw-client.ts';
import { statuses } from '../../test/support/raw-exchange.ts';
import { startRecordingOrigin } from '../../test/support/recording-origin.ts';
import { eventually } from '../../test/support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function replies(count: number): (text: string) => boolean {
  return (text) => statuses(text).length >= count && (text.match(/origin saw/g) ?? []).length >= count;
}

describe('keep-alive', () => {
  test('a connection carries request after request, also after a POST', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    await client.ask(GET, replies(1));
    await client.ask('POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', replies(1));
    const last = await client.ask(GET, replies(1));
    assert.ok(!/connection: close/i.test(last));
    assert.deepEqual(
      origin.requests.map((request) => request.body),
      ['', 'hello', ''],
    );
  });

  test('one that is idle is closed when its time is over, not before', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, { listener: { timeouts: { keepAlive: '10s' } } }));
    using client = await RawClient.open(world.port);
    await client.ask(GET, replies(1));
    world.advance(9_000);
    await client.ask(GET, replies(1));
    world.advance(10_500);
    assert.equal(await client.ended(), 'fin');
  });

  test('HTTP/1.0 is kept only when it asks for it, and is told so', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port));
    using kept = await RawClient.open(world.port);
    assert.match(await kept.ask('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', replies(1)), /\r\nConnection: keep-alive\r\n/);
    await kept.ask('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', replies(1));
    using closed = await RawClient.open(world.port);
    closed.write('GET / HTTP/1.0\r\n\r\n');
    assert.equal(await closed.ended(), 'fin');
    assert.match(closed.text, /\r\nConnection: close\r\n/);
  });
});

test('empty lines before a request line are passed over, however they are split', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startPlane(planeTo(origin.port));
  using whole = await RawClient.open(world.port);
  await whole.ask(`\r\n\r\n${GET}`, replies(1));
  using split = await RawClient.open(world.port);
  split.write('\r\n');
  await split.ask(`\r\n${GET}`, replies(1));
});

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

  test('the rest of a last reply waits for its reader longer than a client may linger', async () => {
    const size = 4 * 1024 * 1024;
    await using origin = await hostileOrigin(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.socket.pause();
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    world.advance(5_000);
    client.socket.resume();
    await once(client.socket, 'end');
    assert.equal(client.text.length - client.text.indexOf('\r\n\r\n') - 4, size);
  });
});
