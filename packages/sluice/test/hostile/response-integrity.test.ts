/**
 * Response integrity over time: bytes after a response, responses queued on idle sockets, early replies, aborted uploads. Each test has an
 * origin of its own that plays one scene.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type HostileOrigin, hostileOrigin, type OriginScript } from '../support/hostile-origin.ts';
import { looksComplete, rawExchange, statuses } from '../support/raw-exchange.ts';
import { eventually } from '../support/waiting.ts';

let gateway: Gateway;
let current: OriginScript = (connection) => connection.reset();
let origin: HostileOrigin;

before(async () => {
  origin = await hostileOrigin((connection) => current(connection));
  const config: GatewayConfig = {
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false, retry: false, pool: { idleTimeout: '30s' } } },
    routes: [{ path: '/*', to: 'origin', timeouts: { responseHeader: '3s' } }],
    workers: 1,
  };
  gateway = await startGateway(config);
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

/** Plays a scene: upstream connections of earlier scenes are closed first, so that none is reused. */
async function scene(script: OriginScript): Promise<void> {
  current = script;
  for (const { socket } of origin.connections) socket.destroy();
  origin.connections.length = 0;
  await sleep(30);
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED';
const get = (path: string, ...lines: readonly string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

test('response queue poisoning: bytes after a response in the same write never reach another client', async () => {
  await scene(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      connection.write(OK + POISON);
    }
  });
  for (let round = 0; round < 5; round++) {
    const reply = await rawExchange(gateway.port, get(`/${round}`), { until: (text) => text.endsWith('ok'), waitMs: 1500 });
    assert.ok(!reply.text.includes('POISONED'), `round ${round}: ${JSON.stringify(reply.text)}`);
    assert.ok(statuses(reply.text)[0] === 200 || statuses(reply.text)[0] === 502);
  }
});

test('response queue poisoning: a response queued on an idle upstream socket never reaches another client', async () => {
  await scene(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      connection.write(OK);
      await connection.sleep(50);
      connection.write(POISON);
    }
  });
  for (let round = 0; round < 3; round++) {
    const reply = await rawExchange(gateway.port, get(`/${round}`), { until: (text) => text.endsWith('ok'), waitMs: 1500 });
    assert.deepEqual(statuses(reply.text), [200], JSON.stringify(reply.text));
    assert.ok(!reply.text.includes('POISONED'));
    await sleep(120);
  }
});

test('response queue poisoning: also when the poison and the next request race', async () => {
  await scene(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      connection.write(OK);
      setTimeout(() => connection.write(POISON), Math.random() * 3);
    }
  });
  // Without waiting between two requests of one client connection: the checkout falls around the poison's arrival.
  const bytes = Array.from({ length: 40 }, (_, index) => [get(`/${index}`), 2]).flat();
  const reply = await rawExchange(gateway.port, bytes, { waitMs: 2500 });
  const poisoned = reply.text.split('POISONED').length - 1;
  // Bytes that arrive after the next request was written cannot be told from its answer by any proxy; before that they must be.
  assert.ok(poisoned <= 20, `${poisoned} of 40 replies were the wrong ones`);
});

test('response queue poisoning: with the event loop blocked between the reply and the next request', async () => {
  await scene(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      connection.write(OK);
      connection.write(POISON);
    }
  });
  // SIGSTOP blocks every thread: the reply, the poison and the next client's request are all queued when it goes on.
  const first = rawExchange(gateway.port, get('/first'), { until: (text) => text.endsWith('ok'), waitMs: 3000 });
  await eventually(1500, 'the origin has the first request', () => origin.connections.some((each) => each.received.includes('/first')));
  gateway.signal('SIGSTOP');
  const second = rawExchange(gateway.port, get('/second'), { waitMs: 3000, until: (text) => /ok$|POISONED$|\n$/.test(text) });
  await sleep(150);
  gateway.signal('SIGCONT');
  assert.ok(!(await first).text.includes('POISONED'));
  assert.ok(!(await second).text.includes('POISONED'));
});

test('response queue poisoning: an origin that speaks before any request is not believed', async () => {
  await scene((connection) => connection.write(POISON));
  const reply = await rawExchange(gateway.port, get('/x'), { waitMs: 4500, until: (text) => text.includes('\r\n\r\n') });
  // A new connection's first bytes may come before or after ours; taken for an answer they may go to this client, but to no other.
  const next = await rawExchange(gateway.port, get('/y'), { waitMs: 4500, until: (text) => text.includes('\r\n\r\n') });
  assert.ok(!(reply.text.includes('POISONED') && next.text.includes('POISONED') && origin.connections.length === 1));
});

test('stale pool: an upstream connection that the origin closed while idle loses no request', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write(OK);
    await connection.sleep(20);
    connection.end();
  });
  for (let round = 0; round < 10; round++) {
    const reply = await rawExchange(gateway.port, get(`/${round}`), { until: (text) => text.endsWith('ok'), waitMs: 1500 });
    assert.deepEqual(statuses(reply.text), [200], `round ${round}: ${JSON.stringify(reply.text)}`);
    await sleep(round % 2 === 0 ? 40 : 0);
  }
});

test('early reply: an answer during the upload is passed on at once, and the upstream connection is not used again', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
  });
  const head = 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n';
  const reply = await rawExchange(gateway.port, [head, 'x'.repeat(1000)], { until: (text) => text.endsWith('big'), waitMs: 1500 });
  assert.deepEqual(statuses(reply.text), [413]);
  assert.ok(reply.elapsedMs < 1000, 'must not wait for the rest of the upload');
  const used = origin.connections.length;
  current = async (connection) => {
    await connection.head();
    connection.write(OK);
  };
  const next = await rawExchange(gateway.port, get('/next'), { until: (text) => text.endsWith('ok'), waitMs: 1500 });
  assert.deepEqual(statuses(next.text), [200]);
  assert.equal(origin.connections.length, used + 1, 'the half-used upstream connection must not carry another request');
});

test('early reply: what the client still uploads is not read as a request', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
  });
  const head = 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n';
  const reply = await rawExchange(gateway.port, [head, 200, get('/smuggled').padEnd(100, 'x'), 200], { waitMs: 2000 });
  assert.deepEqual(statuses(reply.text), [413], JSON.stringify(reply.text));
  assert.ok(
    origin.connections.every(
      (each) => !each.received.includes('GET /smuggled HTTP/1.1\r\nHost: a\r\nX-') && !/\nGET \/smuggled/.test(each.received),
    ),
  );
});

for (const [name, head, body] of [
  ['Content-Length', 'Content-Length: 100', 'half'],
  ['chunked', 'Transfer-Encoding: chunked', '4\r\nhalf\r\n'],
] as const) {
  for (const how of ['reset', 'halfClose'] as const) {
    test(`aborted upload: ${name}, client ${how === 'reset' ? 'resets' : 'closes'}: it never ends cleanly at the origin`, async () => {
      await scene(() => {});
      const bytes = `POST /upload HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`;
      await rawExchange(gateway.port, [bytes, 100], { [how]: true, waitMs: 1500 });
      await eventually(
        2000,
        'the upstream connection ends',
        () => origin.connections.length > 0 && origin.connections.every((each) => each.ending !== null),
      );
      const received = origin.connections[0]!.received;
      assert.ok(received.includes('half'), received);
      assert.ok(!received.endsWith('0\r\n\r\n'), 'a final chunk would make the upload look whole');
      assert.ok(/\r\n(?:content-length: 100|transfer-encoding: chunked)\r\n/i.test(received), 'the framing must show that it is not whole');
    });
  }
}

test('client gone: its upstream request is cancelled', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
    while (connection.ending === null) {
      connection.write('x'.repeat(10_000));
      await connection.sleep(5);
    }
  });
  await rawExchange(gateway.port, [get('/big'), 100], { reset: true, waitMs: 500 });
  await eventually(2000, 'the upstream connection is closed', () => origin.connections.every((each) => each.ending !== null));
});

test('response splitting: CR and LF of the request line never come back in a header', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write(OK);
  });
  const reply = await rawExchange(gateway.port, get('/x%0d%0aSet-Cookie:%20evil=1'), {
    until: (text) => text.endsWith('ok'),
    waitMs: 1500,
  });
  assert.ok(!/^set-cookie/im.test(reply.text));
});

test('interim responses: 103 is passed on, the final one follows', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
    await connection.sleep(50);
    connection.write(OK);
  });
  const reply = await rawExchange(gateway.port, get('/x'), { until: (text) => text.endsWith('ok'), waitMs: 1500 });
  assert.deepEqual(statuses(reply.text), [103, 200]);
});

test('HEAD, 204 and 304 carry no body whatever their fields say', async () => {
  await scene(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      const last = connection.received.slice(connection.received.lastIndexOf('/kind-'));
      if (last.startsWith('/kind-head')) connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      else if (last.startsWith('/kind-204')) connection.write('HTTP/1.1 204 No Content\r\n\r\n');
      else connection.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n');
    }
  });
  const bytes = 'HEAD /kind-head HTTP/1.1\r\nHost: a\r\n\r\n' + get('/kind-204') + get('/kind-304') + get('/kind-204', 'Connection: close');
  const reply = await rawExchange(gateway.port, bytes, { waitMs: 2000 });
  assert.deepEqual(statuses(reply.text), [200, 204, 304, 204], JSON.stringify(reply.text));
  assert.equal(reply.ending, 'fin');
});

test('a reply to the close of the connection is whole when the origin ends it with FIN', async () => {
  await scene(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\n\r\nall of it');
    connection.end();
  });
  const reply = await rawExchange(gateway.port, get('/x', 'Connection: close'), { waitMs: 1500 });
  assert.ok(reply.text.includes('all of it') && looksComplete(reply.text, reply.ending), JSON.stringify(reply.text));
});
