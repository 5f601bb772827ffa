/** Changes under HTTP/2 load, with clients that do as RFC 9113 §6.8 says: after a GOAWAY they open another connection, and send again what was not taken. Nothing may be lost. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { within } from '../support/waiting.ts';

const CLIENTS = 6;
const STREAMS = 8;
const BODY = 'x'.repeat(20_000);

let origin: Server;

before(async () => {
  origin = createServer((request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => (size += chunk.length));
    request.on('end', () =>
      setTimeout(() => response.end(request.method === 'POST' ? String(size) : BODY), request.url === '/slow' ? 600 : 2),
    );
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
});

after(() => {
  origin.closeAllConnections();
  origin.close();
});

function configOf(more: Partial<GatewayConfig> = {}): GatewayConfig {
  const { port } = origin.address() as AddressInfo;
  return {
    services: { origin: { endpoints: [`127.0.0.1:${port}`], outlier: false } },
    routes: [{ path: '/*', to: 'origin' }],
    workers: 2,
    ...more,
  };
}

/** `whole`, `again` (it was refused unseen), or what went wrong. */
type Outcome = string;

/** One client: a connection at a time, and the last ones that still finish. */
class Client {
  sessions = 0;
  private readonly port: number;
  private session: ClientHttp2Session | null = null;

  constructor(port: number) {
    this.port = port;
  }

  /** Asks until it is answered; what was refused unseen is sent again. @returns What went wrong, or '' . */
  async ask(path: string, body = ''): Promise<string> {
    for (let times = 0; times < 5; times++) {
      const outcome = await this.once(path, body);
      if (outcome !== 'again') return outcome === 'whole' ? '' : outcome;
    }
    return 'refused five times';
  }

  close(): void {
    this.session?.close();
  }

  private current(): ClientHttp2Session {
    if (this.session !== null && !this.session.closed && !this.session.destroyed) return this.session;
    const session = connect(`http://127.0.0.1:${this.port}`);
    this.sessions++;
    this.session = session;
    session.on('error', () => {});
    // Node's client takes new streams until it has closed the session.
    session.on('goaway', () => {
      if (this.session === session) this.session = null;
      session.close();
    });
    session.on('close', () => {
      if (this.session === session) this.session = null;
    });
    return session;
  }

  private async once(path: string, body: string): Promise<Outcome> {
    const session = this.current();
    const stream = session.request({ ':path': path, ':method': body === '' ? 'GET' : 'POST' }, { endStream: body === '' });
    let status = 0;
    let size = 0;
    let text = '';
    let failure = '';
    stream.on('response', (fields) => (status = Number(fields[':status'])));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (body !== '') text += chunk.toString();
    });
    stream.on('error', (error: Error) => (failure = error.message));
    if (body !== '') stream.end(body);
    await within(10_000, 'a stream ends', new Promise((resolve) => stream.on('close', resolve)));
    if (status === 0 && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return 'again';
    if (failure !== '' || status !== 200) return `${status} ${failure} rst ${stream.rstCode}`;
    const isWhole = body === '' ? size === BODY.length : text === String(body.length);
    return isWhole ? 'whole' : `${size} bytes`;
  }
}

/** Runs until it is stopped. */
interface Load extends Disposable {
  readonly clients: readonly Client[];
  stop(): Promise<{ readonly asked: number; readonly failures: readonly string[] }>;
}

function startLoad(port: number): Load {
  const clients = Array.from({ length: CLIENTS }, () => new Client(port));
  const failures: string[] = [];
  let asked = 0;
  let isOver = false;
  const run = async (client: Client, index: number): Promise<void> => {
    for (let count = 0; !isOver; count++) {
      const failure = await client.ask('/', (count + index) % 3 === 0 ? BODY.repeat(3) : '');
      asked++;
      if (failure !== '') failures.push(failure);
    }
  };
  const running = clients.flatMap((client) => Array.from({ length: STREAMS }, (_, index) => run(client, index)));
  return {
    clients,
    [Symbol.dispose]: () => void (isOver = true),
    async stop() {
      isOver = true;
      await Promise.all(running);
      for (const client of clients) client.close();
      return { asked, failures };
    },
  };
}

test(
  'twenty reloads that leave the listener as it is: nothing fails, and no connection is even asked to go',
  { timeout: 120_000 },
  async () => {
    await using gateway = await startGateway(configOf());
    using load = startLoad(gateway.port);
    await sleep(300);
    for (let count = 0; count < 20; count++) {
      await gateway.reload(
        configOf({
          routes: [
            { path: `/only-in-${count}`, to: 'origin' },
            { path: '/*', to: 'origin', ...(count % 2 === 0 ? {} : { timeouts: { exchange: '20s' } }) },
          ],
        }),
      );
      await sleep(50);
    }
    const { asked, failures } = await load.stop();
    assert.deepEqual([...new Set(failures)], [], `${failures.length} of ${asked}`);
    assert.ok(asked > 1_000, `${asked} asked`);
    assert.deepEqual(
      load.clients.map(({ sessions }) => sessions),
      Array.from({ length: CLIENTS }, () => 1),
    );
  },
);

test('endpoints and their pools may change meanwhile', { timeout: 120_000 }, async () => {
  await using gateway = await startGateway(configOf());
  using load = startLoad(gateway.port);
  const { port } = origin.address() as AddressInfo;
  for (let count = 0; count < 6; count++) {
    await sleep(150);
    const endpoints = count % 2 === 0 ? [`127.0.0.1:${port}`, `localhost:${port}`] : [`127.0.0.1:${port}`];
    await gateway.reload(configOf({ services: { origin: { endpoints, outlier: false, pool: { idleMax: count % 2 === 0 ? 1 : 100 } } } }));
  }
  const { asked, failures } = await load.stop();
  assert.deepEqual([...new Set(failures)], [], `${failures.length} of ${asked}`);
  assert.deepEqual(
    load.clients.map(({ sessions }) => sessions),
    Array.from({ length: CLIENTS }, () => 1),
  );
});

test('workers that leave say GOAWAY and finish their streams', { timeout: 120_000 }, async () => {
  await using gateway = await startGateway(configOf());
  using load = startLoad(gateway.port);
  for (const workers of [1, 2, 1, 2]) {
    await sleep(400);
    await gateway.reload(configOf({ workers }));
  }
  await sleep(300);
  const { asked, failures } = await load.stop();
  // A connection that is in the accept queue of a socket that closes is reset by the kernel, in any version of HTTP.
  const lost = failures.filter((failure) => !failure.includes('ECONNRESET'));
  assert.deepEqual([...new Set(lost)], [], `${failures.length} of ${asked}`);
  assert.ok(
    load.clients.some(({ sessions }) => sessions > 1),
    'some had to go elsewhere',
  );
});

test('SIGTERM: what is under way finishes, its connection is told, and the program ends', { timeout: 60_000 }, async () => {
  await using gateway = await startGateway(configOf());
  const client = new Client(gateway.port);
  assert.equal(await client.ask('/'), '');
  const slow = Promise.all(Array.from({ length: 20 }, (_, index) => client.ask('/slow', index % 2 === 0 ? BODY : '')));
  await sleep(100);
  gateway.signal('SIGTERM');
  assert.deepEqual([...new Set(await slow)], ['']);
  assert.equal(await within(5_000, 'it ends', gateway.exited), 0);
  assert.equal(client.sessions, 1);
});
