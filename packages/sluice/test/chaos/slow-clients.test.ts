/** Slow clients are each closed within their limit + 0.5 s, and 5,000 of them keep nobody else from being served. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Gateway, type GatewayConfig, oneOrigin, startGateway } from '../support/gateway.ts';
import { type Instance, startInstance } from '../support/instances.ts';
import { rawExchange, type Piece, statuses } from '../support/raw-exchange.ts';
import { describeFailures, startSteadyLoad } from '../support/steady-load.ts';
import { within } from '../support/waiting.ts';

const GRACE_MS = 500;
/** The close may not come before the limit either; timers may be 250 ms coarse. */
const EARLY_MS = 260;

const limits = { header: '1s', keepAlive: '1500ms', bodyIdle: '1s', bodyRateMin: 1000, bodyGrace: '1s' } as const;

let origin: Instance;
let gateway: Gateway;

before(async () => {
  origin = await startInstance('origin');
  const config: GatewayConfig = {
    services: { origin: { endpoints: [origin.address], outlier: false } },
    routes: [{ path: '/*', to: 'origin' }],
    workers: 1,
    listener: { timeouts: limits },
  };
  gateway = await startGateway(config);
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

/** Sends a piece every `everyMs`, for longer than any limit here. */
function drip(piece: string, everyMs: number): Piece[] {
  return Array.from({ length: Math.ceil(6000 / everyMs) }, () => [piece, everyMs]).flat();
}

const slow: readonly (readonly [name: string, pieces: readonly Piece[], limitMs: number, status: number | null])[] = [
  ['a client that sends nothing', [], 1000, null],
  ['a slow header, byte by byte', ['GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', ...drip('x', 200)], 1000, 408],
  ['slow complete header lines', ['GET / HTTP/1.1\r\nHost: a\r\n', ...drip('X-Slow: x\r\n', 200)], 1000, 408],
  ['a header that stops', ['GET / HTTP/1.1\r\nHost: a\r\n'], 1000, 408],
  ['an idle connection after a reply', ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], 1500, null],
  ['a body that stops', ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello'], 1000, 408],
  [
    'a body below the minimum rate',
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n', ...drip('x'.repeat(20), 100)],
    1000,
    408,
  ],
  [
    'a chunked body below the minimum rate',
    ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', ...drip('5\r\nhello\r\n', 100)],
    1000,
    408,
  ],
];

describe('slow clients', { concurrency: true }, () => {
  for (const [name, pieces, limitMs, status] of slow) {
    test(`${name} is closed within its limit + 0.5 s`, async () => {
      const reply = await rawExchange(gateway.port, pieces, { waitMs: 6000 });
      assert.notEqual(reply.ending, 'open', `still open after ${reply.elapsedMs.toFixed(0)} ms`);
      assert.ok(reply.elapsedMs >= limitMs - EARLY_MS, `too early: ${reply.elapsedMs.toFixed(0)} ms`);
      assert.ok(reply.elapsedMs <= limitMs + GRACE_MS, `too late: ${reply.elapsedMs.toFixed(0)} ms for a limit of ${limitMs} ms`);
      const seen = statuses(reply.text).filter((each) => each !== 200);
      assert.deepEqual(seen, status === null ? [] : [status], JSON.stringify(reply.text.slice(0, 200)));
    });
  }
});

test('a client that does not read its reply is closed within the limit + 0.5 s', async () => {
  const { hostileOrigin } = await import('../support/hostile-origin.ts');
  await using big = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
    const block = 'x'.repeat(100_000);
    while (connection.ending === null) {
      if (connection.socket.writableLength < 1_000_000) connection.write(block);
      await connection.sleep(1);
    }
  });
  await using other = await startGateway({ ...oneOrigin(big.port), listener: { timeouts: limits } });
  const socket = connect(other.port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const started = performance.now();
  while (performance.now() - started < 6000 && !(big.connections.length > 0 && big.connections[0]!.ending !== null)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const elapsed = performance.now() - started;
  socket.destroy();
  assert.ok(elapsed <= 1000 + GRACE_MS + 500, `the reply was held for ${elapsed.toFixed(0)} ms`); // 500: for the buffers to fill
});

test('5,000 slow connections do not keep others from being served', { timeout: 60_000 }, async () => {
  const sockets: Socket[] = [];
  for (let index = 0; index < 5000; index++) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(index % 2 === 0 ? 'GET / HTTP/1.1\r\nHost: a\r\nX' : 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx');
    sockets.push(socket);
    if (index % 250 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const load = startSteadyLoad({ port: gateway.port, connections: 8 });
  await within(20_000, 'others are served', load.more(1000));
  const counts = await load.stop();
  for (const socket of sockets) socket.destroy();
  assert.equal(counts.failures.length, 0, describeFailures(counts));
});
