/** TLS connections that are passed on unopened, by the name in their hello: real TLS servers behind, Node's and OpenSSL's clients in front. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { StreamListenerPlan } from '../../config/plan.ts';
import { freePort } from '../../io/ports.ts';
import { CALL_FAILURES, CALLS_FAILED } from '../../observe/metric-layout.ts';
import { testAuthority } from '../../../test/support/authority.ts';
import { type Layer4Plane, startLayer4, streamPlan } from '../../../test/support/layer4-plane.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { eventually, within } from '../../../test/support/waiting.ts';

const authority = await testAuthority();

interface TlsServer extends AsyncDisposable {
  readonly port: number;
}

/** Says its name and echoes; its certificate holds for `names`. */
async function tlsServer(name: string, names: readonly string[]): Promise<TlsServer> {
  const { certPem, keyPem } = await authority.leaf(names);
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2', 'db'] }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(`${name} `);
    socket.pipe(socket);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `a` for one name, `b` for a wildcard, and where given `c` for the rest. */
async function world(ports: readonly number[], more: Partial<StreamListenerPlan> = {}): Promise<Layer4Plane & { readonly port: number }> {
  const port = await freePort('127.0.0.1');
  const names = [['a.example'], ['*.b.example'], []];
  const targets = ports.map((_, index) => ({ serverNames: names[index]!, services: [{ service: `s${index}`, weight: 1 }] }));
  const services = ports.map((each, index) => servicePlan(`s${index}`, [`127.0.0.1:${each}`]));
  return Object.assign(await startLayer4([streamPlan('tls', port, '', { readsServerName: true, targets, ...more })], services), { port });
}

/** Sends each byte by itself. */
function byteByByte(socket: Socket): Duplex {
  socket.setNoDelay(true);
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const next = (at: number): void => {
        if (at === chunk.length) return done();
        socket.write(chunk.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    },
  });
  socket.on('data', (chunk: Buffer) => stream.push(chunk));
  return stream;
}

/** Asks for a name; what the server said and echoed, or the error's code. */
async function ask(port: number, servername: string | undefined): Promise<string> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    ca: authority.certPem,
    ALPNProtocols: ['db'],
    ...(servername === undefined ? { checkServerIdentity: () => undefined } : { servername }),
  });
  let got = '';
  socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
  const failed = new Promise<string>((resolve) => socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')));
  const done = new Promise<string>((resolve) =>
    socket.once('secureConnect', () => {
      socket.write('ping');
      void eventually(2_000, 'an echo', () => got.endsWith('ping')).then(() => resolve(`${got} ${String(socket.alpnProtocol)}`));
    }),
  );
  const answer = await within(3_000, 'an answer', Promise.race([failed, done]));
  socket.destroy();
  return answer;
}

function failures(plane: Layer4Plane, cause: (typeof CALL_FAILURES)[number]): number {
  return plane.board.row('listener', 0)[CALLS_FAILED + CALL_FAILURES.indexOf(cause)]!;
}

describe('the name in the hello decides', () => {
  test('exact, then wildcard, then any; certificates and protocols are agreed with the endpoint itself', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using b = await tlsServer('b', ['*.b.example']);
    await using c = await tlsServer('c', ['other.example', 'localhost']);
    await using plane = await world([a.port, b.port, c.port]);
    assert.equal(await ask(plane.port, 'a.example'), 'a ping db');
    assert.equal(await ask(plane.port, 'A.Example'), 'a ping db');
    assert.equal(await ask(plane.port, 'x.b.example'), 'b ping db');
    assert.equal(await ask(plane.port, 'other.example'), 'c ping db');
    assert.equal(await ask(plane.port, undefined), 'c ping db');
  });

  test('and one that nobody serves gets the alert for it', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port]);
    assert.equal(await ask(plane.port, 'b.example'), 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    assert.equal(await ask(plane.port, undefined), 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    await eventually(2_000, 'both are over', () => failures(plane, 'client-error') === 2);
    assert.equal(plane.board.row('listener', 0)[4], 2);
    assert.equal(plane.board.connections(0), 0);
  });

  test('for OpenSSL as client, too', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port]);
    const run = (name: string): Promise<string> =>
      new Promise((resolve) => {
        const child = execFile(
          'openssl',
          ['s_client', '-connect', `127.0.0.1:${plane.port}`, '-servername', name],
          { timeout: 5_000 },
          (_, out, err) => resolve(out + err),
        );
        child.stdin!.write('Q\n');
      });
    assert.match(await run('a.example'), /subject=.*CN ?= ?a\.example/);
    assert.match(await run('b.example'), /unrecognized name.*alert number 112/);
  });
});

describe('a hello', () => {
  test('may come byte by byte', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port]);
    using raw = await RawClient.open(plane.port);
    const tls = connectTls({ servername: 'a.example', ca: authority.certPem, socket: byteByByte(raw.socket) });
    tls.on('error', () => {});
    await within(5_000, 'the handshake', once(tls, 'secureConnect'));
    tls.destroy();
  });

  test('that is none ends the connection', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port]);
    using client = await RawClient.open(plane.port);
    client.write('GET / HTTP/1.1\r\n\r\n');
    await client.ended();
    assert.equal(client.text, '');
    assert.equal(failures(plane, 'client-error'), 1);
  });

  test('that does not come in time ends the connection', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port], { timeouts: { handshakeMs: 5_000, idleMs: 60_000, halfClosedMs: 1_000 } });
    using client = await RawClient.open(plane.port);
    await eventually(2_000, 'it is there', () => plane.board.connections(0) === 1);
    client.write('\x16\x03\x01');
    plane.advance(4_000);
    assert.equal(client.ending, 'open');
    plane.advance(1_500);
    await client.ended();
    assert.equal(failures(plane, 'timeout-header'), 1);
    assert.equal(plane.board.connections(0), 0);
  });

  test('is bounded', async () => {
    await using a = await tlsServer('a', ['a.example']);
    await using plane = await world([a.port]);
    using client = await RawClient.open(plane.port);
    client.write('\x16\x03\x01\x40\x00\x01\x00\xff\xff');
    await client.ended();
    assert.equal(client.text, '\x15\x03\x03\x00\x02\x02\x32');
  });
});

test('a client that leaves before its hello leaves nothing behind', async () => {
  await using a = await tlsServer('a', ['a.example']);
  await using plane = await world([a.port]);
  using first = await RawClient.open(plane.port);
  using second = await RawClient.open(plane.port);
  await eventually(2_000, 'they are there', () => plane.board.connections(0) === 2);
  first.socket.end();
  second.socket.resetAndDestroy();
  await eventually(2_000, 'both are gone', () => plane.board.connections(0) === 0);
  assert.deepEqual(plane.leftovers(), {});
});
