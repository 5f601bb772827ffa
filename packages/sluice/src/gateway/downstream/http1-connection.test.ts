/** A client's connection over real sockets, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PlaneConfig, planeTo, startPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { connectionsOf } from '../../../test/support/piling-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { eventually } from '../../../test/support/waiting.ts';

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

describe('pipelining', () => {
  test('a hundred requests in one write are answered in order, own replies among them', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(
      planeTo(origin.port, {
        routes: [
          { path: '/own/*', respond: { status: 200, headers: { 'X-Own': '1' }, body: 'own' } },
          { path: '/*', to: 'origin' },
        ],
      }),
    );
    using client = await RawClient.open(world.port);
    const paths = Array.from({ length: 100 }, (_, index) =>
      index % 3 === 0 ? `/own/${index}` : index % 7 === 0 ? `/post/${index}` : `/${index}`,
    );
    const requests = paths.map((path) =>
      path.startsWith('/post')
        ? `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi`
        : `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    const text = await client.ask(requests.join(''), (seen) => statuses(seen).length === 100 && seen.endsWith('own'));
    const order = text.split('HTTP/1.1 200 OK').slice(1);
    for (const [index, path] of paths.entries()) {
      if (path.startsWith('/own')) assert.match(order[index]!, /X-Own: 1/, path);
      else assert.ok(order[index]!.includes(` ${path} HTTP`), `${path}: ${order[index]}`);
    }
  });

  test('own replies alone, in one write, are answered without end of stack', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: 204 }] });
    using client = await RawClient.open(world.port);
    const count = 3_000;
    const text = await client.ask(GET.repeat(count), (seen) => statuses(seen).length === count);
    assert.ok(statuses(text).every((status) => status === 204));
  });

  test('nothing behind a last request is read', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: 204 }] });
    using client = await RawClient.open(world.port);
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${GET}`);
    assert.equal(await client.ended(), 'fin');
    assert.equal(statuses(client.text).length, 1);
  });
});

describe('a request that is answered without its content', () => {
  const redirect: PlaneConfig = { services: {}, routes: [{ path: '/*', redirect: { location: '/b', status: 308 } }] };
  const LARGE = 65_537;

  test('keeps the connection when the rest is small, however it comes', async () => {
    await using world = await startPlane(redirect);
    using client = await RawClient.open(world.port);
    const post = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
    for (const pieces of [[`${post}hello${GET}`], [post, `hello${GET}`], [`${post}hel`, 'lo', GET]]) {
      client.text = '';
      for (const piece of pieces) {
        client.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const text = await client.until('both are answered', (seen) => statuses(seen).length === 2);
      assert.deepEqual(statuses(text), [308, 308]);
      assert.ok(!/connection: close/i.test(text), text);
    }
    const chunks = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n';
    assert.deepEqual(statuses(await client.ask(chunks + GET, (seen) => statuses(seen).length === 2)), [308, 308]);
  });

  test('ends the connection when the rest is large, expected or malformed', async () => {
    const requests = [
      `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${LARGE}\r\n\r\n`,
      'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
      `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${LARGE.toString(16)}\r\n${'x'.repeat(LARGE)}`,
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx',
    ];
    await using world = await startPlane(redirect);
    for (const request of requests) {
      using client = await RawClient.open(world.port);
      client.write(request);
      assert.equal(await client.ended(), 'fin', request.slice(0, 90));
      assert.deepEqual(statuses(client.text), [308]);
    }
  });

  test('waits for the rest a short while only', async () => {
    await using world = await startPlane(redirect);
    using client = await RawClient.open(world.port);
    await client.ask('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell', (seen) => statuses(seen).length === 1);
    world.advance(5_500);
    await client.ended();
  });

  test('also when no endpoint takes it', async () => {
    await using world = await startPlane(planeTo(1));
    using client = await RawClient.open(world.port);
    const post = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
    const text = await client.ask(`${post}hello${post}`, (seen) => statuses(seen).length === 2);
    assert.deepEqual(statuses(text), [502, 502]);
    await client.ask(`hello${GET}`, (seen) => statuses(seen).length === 1);
  });
});

describe('the end of a connection', () => {
  test('an early answer is passed on whole while the client still sends', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n');
    await client.until('the answer comes', (seen) => seen.endsWith('no'));
    for (let piece = 0; piece < 20; piece++) client.write('x'.repeat(100_000)); // read away: a reset would take the answer with it
    assert.equal(await client.ended(), 'fin');
    assert.match(client.text, /\r\nConnection: close\r\n/);
    await eventually(3_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
  });

  test('a client that lingers after its last reply is closed a second later', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/*', respond: 204 }] });
    using client = await RawClient.open(world.port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.equal(await client.ended(), 'fin');
    const connection = connectionsOf(world)[0]!;
    await eventually(3_000, 'our side has ended', () => connection.socket.writableFinished);
    assert.equal(connection.socket.destroyed, false);
    world.advance(1_300);
    assert.equal(connection.socket.destroyed, true);
  });

  test('a client that ends its side while its request is under way has gone', async () => {
    await using origin = await hostileOrigin(async (connection) => await connection.head());
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write(GET);
    await eventually(3_000, 'the origin is asked', () => origin.connections.length === 1);
    client.socket.end();
    await eventually(3_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
  });

  test('a client that ends its side and still reads gets what was answered', async () => {
    const size = 3_000_000;
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(
      planeTo(origin.port, { routes: [{ path: '/*', respond: { status: 200, body: 'x'.repeat(60_000) } }] }),
    );
    using client = await RawClient.open(world.port);
    client.socket.pause();
    const count = size / 60_000;
    client.write(GET.repeat(count));
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.socket.resume();
    await client.until('all is read', (seen) => (seen.match(/x/g) ?? []).length === size);
    client.socket.end();
    await client.ended();
  });

  test('a reply that the client reads to the close is reset when it is cut', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      await connection.sleep(50);
      connection.reset();
    });
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    client.write('GET / HTTP/1.0\r\n\r\n');
    assert.equal(await client.ended(), 'reset');
  });
});
