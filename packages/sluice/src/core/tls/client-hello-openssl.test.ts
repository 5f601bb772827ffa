/** Hellos as OpenSSL sends them, post-quantum key shares and resumed sessions included. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { ClientHelloReader } from './client-hello-reader.ts';
import type { ClientHello } from './client-hello.ts';

/** What a client says before it is answered. */
async function firstBytes(options: ConnectionOptions): Promise<Buffer> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ ...options, port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false });
  client.on('error', () => {});
  const [socket] = await accepted;
  const reader = new ClientHelloReader();
  const pieces: Buffer[] = [];
  for await (const piece of socket as AsyncIterable<Buffer>) {
    pieces.push(piece);
    if (reader.feed(piece).kind !== 'more') break;
  }
  client.destroy();
  server.close();
  return Buffer.concat(pieces);
}

function read(bytes: Uint8Array): ClientHello {
  const reading = new ClientHelloReader().feed(bytes);
  assert.equal(reading.kind, 'hello', JSON.stringify(reading));
  return (reading as { hello: ClientHello }).hello;
}

test('a hello with a post-quantum key share', async () => {
  const bytes = await firstBytes({ servername: 'App.Example.org', ALPNProtocols: ['h2', 'http/1.1'], ecdhCurve: 'X25519MLKEM768:X25519' });
  assert.ok(bytes.length > 1_400, `${bytes.length} bytes`);
  const { serverName, alpn, ticketName } = read(bytes);
  assert.deepEqual([serverName, alpn, ticketName], ['app.example.org', ['h2', 'http/1.1'], null]);
});

test('a hello of TLS 1.2 without a name', async () => {
  const said = read(await firstBytes({ maxVersion: 'TLSv1.2' }));
  assert.deepEqual(said, { serverName: null, alpn: [], ticketName: null });
});

/** A key and a certificate of its own, in one text. */
function selfSigned(): string {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  return execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=a.example', '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A session of a real handshake under these ticket keys. */
async function session(version: 'TLSv1.2' | 'TLSv1.3', ticketKeys: Buffer): Promise<Buffer> {
  const pem = selfSigned();
  const server = createServer({ key: pem, cert: pem, ticketKeys, minVersion: version, maxVersion: version });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {});
    socket.end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false });
  const issued = once(client, 'session');
  client.resume();
  const [ticket] = (await issued) as [Buffer];
  client.destroy();
  server.close();
  return ticket;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a hello that resumes a session of ${version} tells the name of the ticket key`, async () => {
    const ticketKeys = Buffer.from(Array.from({ length: 48 }, (_, index) => index));
    const bytes = await firstBytes({ session: await session(version, ticketKeys), maxVersion: version });
    assert.deepEqual(read(bytes).ticketName, new Uint8Array(ticketKeys.subarray(0, 16)));
  });
}
