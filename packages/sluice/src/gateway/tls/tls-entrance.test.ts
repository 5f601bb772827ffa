/** The way in behind TLS: who gets which certificate, who is refused and how, and what a handshake may cost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type PlaneConfig, planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { connectionsOf, pilingOrigin } from '../../../test/support/piling-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';
import { eventually } from '../../../test/support/waiting.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';
import { HttpListener } from '../listeners/http-listener.ts';
import {
  CONNECTIONS_REFUSED,
  HANDSHAKE_FAILURES,
  HANDSHAKES,
  HANDSHAKES_FAILED,
  type HandshakeFailure,
} from '../../observe/metric-layout.ts';

let material: TlsMaterial;
let ec: LeafFiles;
let rsa: LeafFiles;
let wild: LeafFiles;

before(async () => {
  material = await tlsMaterial();
  ec = await material.leaf('ec', ['a.example', 'localhost']);
  rsa = await material.leaf('rsa', ['a.example'], { keyType: 'rsa' });
  wild = await material.leaf('wild', ['*.b.example']);
});
after(() => material[Symbol.dispose]());

type TlsInput = Exclude<NonNullable<PlaneConfig['listener']>['tls'], string | undefined>;

function config(tls: Partial<TlsInput> = {}, more: Partial<PlaneConfig> = {}): PlaneConfig {
  return {
    services: {},
    routes: [{ path: '/*', respond: { status: 200, body: 'ok' } }],
    listener: { tls: { certificates: [ec.files, rsa.files, wild.files], ...tls } },
    ...more,
  };
}

function open(world: TestPlane, options: ConnectionOptions = {}): TLSSocket {
  const servername = options.servername ?? 'a.example';
  const socket = connect({ host: '127.0.0.1', port: world.port, ca: material.authority.certPem, ...options, servername });
  socket.on('error', () => {});
  return socket;
}

async function opened(world: TestPlane, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = open(world, options);
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

/** The code that a client is refused with. */
async function refusal(world: TestPlane, options: ConnectionOptions = {}): Promise<string> {
  const socket = open(world, options);
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code ?? error.message;
}

async function ask(socket: TLSSocket, head = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'): Promise<string> {
  socket.write(head);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  return reply.toString('latin1');
}

function failed(world: TestPlane, failure: HandshakeFailure): number {
  return world.board.row('listener', 0)[HANDSHAKES_FAILED + HANDSHAKE_FAILURES.indexOf(failure)]!;
}

/** Full and resumed ones of TLS 1.2, then of TLS 1.3. */
function handshakes(world: TestPlane): number[] {
  return [...world.board.row('listener', 0).slice(HANDSHAKES, HANDSHAKES + 4)];
}

describe('a certificate', () => {
  test('is chosen by the name: exact, wildcard, else the first', async () => {
    await using world = await startPlane(config());
    const names: [string, string][] = [
      ['a.example', 'a.example'],
      ['A.EXAMPLE', 'a.example'],
      ['x.b.example', '*.b.example'],
      ['x.y.b.example', 'a.example'],
      ['other.example', 'a.example'],
    ];
    for (const [servername, expected] of names) {
      const socket = await opened(world, { servername, rejectUnauthorized: false });
      assert.match(socket.getPeerX509Certificate()!.subjectAltName!, new RegExp(`DNS:${RegExp.escape(expected)}`), servername);
      socket.destroy();
    }
  });

  test('of the type that the client can verify is chosen where a name has two', async () => {
    await using world = await startPlane(config());
    for (const [sigalgs, type] of [
      ['ecdsa_secp256r1_sha256', 'ec'],
      ['rsa_pss_rsae_sha256', 'rsa'],
    ] as const) {
      // The authority signs with ECDSA, which a client that knows RSA alone would not take.
      for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
        const socket = await opened(world, { sigalgs, maxVersion, rejectUnauthorized: false });
        assert.equal(socket.getPeerX509Certificate()!.publicKey.asymmetricKeyType, type);
        socket.destroy();
      }
    }
  });

  test('is refused for names without one where the listener says so', async () => {
    await using world = await startPlane(config({ unknownNames: 'refuse' }));
    assert.equal(await refusal(world, { servername: 'other.example' }), 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    assert.equal(failed(world, 'unknown-name'), 1);
    (await opened(world)).destroy();
  });

  test('that is renewed is served from the next handshake on; open connections and sessions stay', async () => {
    await using world = await startPlane(config());
    const socket = await opened(world);
    const before = socket.getPeerX509Certificate()!.fingerprint256;
    assert.match(await ask(socket), /200 OK/);
    const renewed = await material.leaf('renewed', ['a.example']);
    await world.reload(config({ certificates: [renewed.files] }));
    assert.match(await ask(socket), /200 OK/, 'another file for the same name is no other place');
    const next = await opened(world);
    assert.notEqual(next.getPeerX509Certificate()!.fingerprint256, before);
    next.destroy();
    socket.destroy();
  });
});

describe('a handshake', () => {
  test('is of TLS 1.2 or 1.3, with AEAD and forward secrecy, as the server prefers', async () => {
    await using world = await startPlane(config());
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await opened(world, { minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
      assert.match(socket.getCipher().standardName, /GCM|POLY1305/);
      assert.match(await ask(socket), /ok$/);
      socket.destroy();
    }
    assert.deepEqual(handshakes(world), [1, 0, 1, 0]);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    assert.match(await refusal(world, old), /PROTOCOL_VERSION/);
    assert.match(await refusal(world, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), /HANDSHAKE_FAILURE/);
    assert.equal(failed(world, 'no-match'), 2);
  });

  test('of version 1.2 is refused where 1.3 is the oldest', async () => {
    await using world = await startPlane(config({ minVersion: '1.3' }));
    assert.match(await refusal(world, { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/);
  });

  test('without a common protocol is refused', async () => {
    await using world = await startPlane(config());
    assert.match(await refusal(world, { ALPNProtocols: ['foo'] }), /NO_APPLICATION_PROTOCOL/);
    const socket = await opened(world, { ALPNProtocols: ['foo', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  });

  test('works byte by byte', async () => {
    await using world = await startPlane(config());
    const raw = connectTcp(world.port, '127.0.0.1');
    raw.setNoDelay(true);
    const { Duplex } = await import('node:stream');
    const crumbs = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        let at = 0;
        const next = (): void => {
          if (at === chunk.length) return done();
          raw.write(chunk.subarray(at, ++at), () => setImmediate(next));
        };
        next();
      },
    });
    raw.on('data', (chunk) => crumbs.push(chunk));
    const socket = connect({ socket: crumbs, ca: material.authority.certPem, servername: 'a.example' });
    await once(socket, 'secureConnect');
    assert.match(await ask(socket), /ok$/);
    raw.destroy();
  });

  test('with a second hello works, and keeps its name', async () => {
    await using world = await startPlane(config());
    // The client's key share is for a group that we do not have first: we ask again.
    const socket = await opened(world, { ecdhCurve: 'P-521:P-384', minVersion: 'TLSv1.3' });
    assert.match(await ask(socket), /ok$/);
    socket.destroy();
  });

  test('resumes a session, in both versions', async () => {
    await using world = await startPlane(config());
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = open(world, { maxVersion });
      const [session] = (await once(first, 'session')) as [Buffer];
      assert.match(await ask(first), /ok$/);
      first.destroy();
      const second = await opened(world, { maxVersion, session });
      assert.ok(second.isSessionReused(), maxVersion);
      assert.match(await ask(second), /ok$/);
      second.destroy();
    }
    assert.deepEqual(handshakes(world), [1, 1, 1, 1]);
  });

  test('resumes nothing where tickets are off', async () => {
    await using world = await startPlane(config({ sessionTickets: false }));
    const first = open(world, { maxVersion: 'TLSv1.3' });
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    const second = await opened(world, { session });
    assert.ok(!second.isSessionReused());
    second.destroy();
  });
});

/** The first bytes of Node's client. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options });
  client.on('error', () => {});
  const [socket] = await accepted;
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

describe('who does not come with a whole hello', () => {
  async function raw(world: TestPlane): Promise<Socket> {
    const socket = connectTcp(world.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function answer(world: TestPlane, bytes: string | Uint8Array): Promise<Buffer> {
    const socket = await raw(world);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(chunks);
  }

  test('is told so in HTTP when it speaks HTTP', async () => {
    await using world = await startPlane(config());
    const text = (await answer(world, 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')).toString('latin1');
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\nThis port speaks https: write https:\/\/ in the URL\.\n$/s);
    assert.equal(failed(world, 'not-tls'), 1);
  });

  test('gets an alert for a broken hello, and nothing for other bytes', async () => {
    await using world = await startPlane(config());
    assert.equal((await answer(world, Buffer.from('16030100050100000100', 'hex'))).toString('hex'), '15030300020232');
    assert.equal((await answer(world, Buffer.from('0000', 'hex'))).length, 0);
    assert.deepEqual([failed(world, 'malformed'), failed(world, 'not-tls')], [1, 1]);
  });

  test('is closed at the deadline, which nothing moves', async () => {
    await using world = await startPlane(config({ handshake: '1s' }));
    const socket = await raw(world);
    socket.write(Buffer.from('160301', 'hex'));
    await eventually(3_000, 'it is there', () => world.board.connections(0) === 1);
    world.advance(900);
    socket.write(Buffer.from('00', 'hex'));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    world.advance(200);
    await closed;
    assert.equal(failed(world, 'timeout'), 1);
  });

  test('is bounded together, and by address; who is done makes room', async () => {
    await using world = await startPlane(config({ handshakesPerSourceMax: 2 }));
    const slow = [await raw(world), await raw(world)];
    await eventually(3_000, 'both are there', () => world.board.connections(0) === 2);
    const third = await raw(world);
    await once(third, 'close');
    assert.deepEqual([failed(world, 'limit'), world.board.row('listener', 0)[CONNECTIONS_REFUSED]], [1, 1]);
    slow[0]!.destroy();
    await eventually(3_000, 'it is gone', () => failed(world, 'closed') === 1);
    const first = await opened(world);
    assert.match(await ask(first), /ok$/);
    (await opened(world)).destroy();
    first.destroy();
    slow[1]!.destroy();
  });

  test('gives way to who comes when all places are taken; who has said hello does not', async () => {
    await using world = await startPlane(config({ handshakesMax: 2 }));
    const hello = await helloOf({ servername: 'a.example' });
    const silent = await raw(world);
    await eventually(3_000, 'it is there', () => world.board.connections(0) === 1);
    const stalled = await raw(world);
    stalled.write(hello);
    await once(stalled, 'data');
    const gone = once(silent, 'close');
    const next = await opened(world);
    assert.match(await ask(next), /ok$/);
    await gone;
    assert.equal(failed(world, 'limit'), 1);
    const second = await raw(world);
    second.write(hello);
    await once(second, 'data');
    const refused = await raw(world);
    await once(refused, 'close');
    assert.equal(failed(world, 'limit'), 2);
    for (const socket of [stalled, second, next]) socket.destroy();
  });

  test('on a unix socket is bounded with all others alone: they have no address', async () => {
    await using world = await startPlane(config({ handshakesPerSourceMax: 1, handshakesMax: 2 }));
    const path = join(material.directory, 'listener');
    const [plan] = world.plane.plan.listeners;
    const listener = new HttpListener(world.plane, { ...(plan as HttpListenerPlan), address: { kind: 'unix', path } }, 0);
    await listener.start();
    listener.serve();
    const sockets = Array.from({ length: 3 }, () => connectTcp(path).on('error', () => {}));
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    assert.deepEqual([failed(world, 'limit'), listener.size], [1, 2]);
    listener.close();
  });

  test('and says nothing after it is let go at once', async () => {
    await using world = await startPlane(config());
    const hello = await helloOf({ servername: 'a.example' });
    const socket = await raw(world);
    socket.end(hello);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await eventually(3_000, 'it is counted', () => failed(world, 'closed') === 1);
    assert.equal(world.board.connections(0), 0);
  });

  test('is closed when the listener drains', async () => {
    await using world = await startPlane(config());
    const socket = await raw(world);
    await eventually(3_000, 'it is there', () => world.board.connections(0) === 1);
    const drained = world.plane.drain(10_000, 20);
    await once(socket, 'close');
    assert.equal(await drained, 0);
  });
});

describe('a connection', () => {
  test('for one name is not for another whose certificate or rule differs', async () => {
    const hosts = { localhost: { clientCertificates: { ca: material.caFile } } };
    await using world = await startPlane(config({ hosts }));
    const socket = await opened(world);
    const hostOf = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    assert.match(await ask(socket, hostOf('a.example')), /200 OK/);
    assert.match(await ask(socket, hostOf('x.b.example')), /421 Misdirected Request/);
    assert.match(await ask(socket, hostOf('localhost')), /421 Misdirected Request/, 'same certificate, other rule');
    assert.match(await ask(socket, hostOf('a.example:443')), /200 OK/);
    socket.destroy();
  });

  test('in the clear is of no use once its listener has TLS; one with TLS keeps to its rules when that comes again', async () => {
    const plain: PlaneConfig = { services: {}, routes: [{ path: '/*', respond: { status: 200, body: 'ok' } }] };
    const demanding = config({ clientCertificates: { ca: material.caFile } });
    const get = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
    await using world = await startPlane(plain);
    using clear = await RawClient.open(world.port);
    await clear.ask(get, (text) => text.endsWith('ok'));
    await world.reload(demanding);
    assert.match(await clear.ask(get, (text) => text.includes('421')), /421 Misdirected Request\r\n/);
    await world.reload(config());
    const socket = await opened(world);
    assert.match(await ask(socket), /200 OK/);
    await world.reload(plain);
    await world.reload(demanding);
    assert.match(await ask(socket), /421 Misdirected Request/);
    socket.destroy();
  });

  test('that is cut ends without the alert that would make it look whole', async () => {
    await using world = await startPlane(config());
    const raw = connectTcp(world.port, '127.0.0.1');
    const socket = connect({ socket: raw, ca: material.authority.certPem, servername: 'a.example' });
    await once(socket, 'secureConnect');
    await ask(socket);
    const before = raw.bytesRead;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    world.plane.close();
    await closed;
    assert.equal(raw.bytesRead, before, 'close_notify would be 24 bytes');
  });

  test('says for how long to come back by https alone', async () => {
    await using world = await startPlane(config({ hsts: { maxAge: '1d', includeSubDomains: true } }));
    const socket = await opened(world);
    assert.match(await ask(socket), /\r\nStrict-Transport-Security: max-age=86400; includeSubDomains\r\n/);
    socket.destroy();
  });
});

describe('an OCSP answer', () => {
  const ANSWER = Buffer.from('3003020100', 'hex');

  /** What is stapled for a certificate; null when nothing is. */
  async function stapled(leaf: LeafFiles, certificates: TlsInput['certificates']): Promise<Buffer | null> {
    await using world = await startPlane(config({ certificates }));
    const { plan, slots } = world.plane;
    const ocspResponse = ANSWER.toString('base64');
    const listeners = plan.listeners.map((listener) => {
      if (listener.kind !== 'http' || listener.tls === null) return listener;
      const filled = listener.tls.certificates.map((each) => ({ ...each, material: each.material && { ...each.material, ocspResponse } }));
      return { ...listener, tls: { ...listener.tls, certificates: filled } };
    });
    await world.plane.apply({ ...plan, listeners }, slots);
    const socket = open(world, { requestOCSP: true, rejectUnauthorized: false });
    const answer = once(socket, 'OCSPResponse') as Promise<[Buffer | null]>;
    await once(socket, 'secureConnect');
    const [response] = await answer;
    assert.match(await ask(socket), /ok$/, leaf.files.cert);
    socket.destroy();
    return response === null || response.length === 0 ? null : response;
  }

  test('is stapled where the certificate asks for it, or the configuration', async () => {
    const must = await material.leaf('must', ['a.example'], { mustStaple: true, ocspUrl: 'http://127.0.0.1:9/' });
    assert.deepEqual(await stapled(must, [must.files]), ANSWER);
    assert.equal(await stapled(must, [{ ...must.files, ocsp: 'off' }]), null);
    assert.equal(await stapled(ec, [ec.files]), null);
    assert.deepEqual(await stapled(ec, [{ ...ec.files, ocsp: 'on' }]), ANSWER);
  });
});

test('a client that does not read stops the origin, and gets everything in the end', { timeout: 20_000 }, async () => {
  const { origin, sent, watch } = await pilingOrigin();
  await using _origin = origin;
  const { services, routes } = planeTo(origin.port);
  await using world = await startPlane({ ...config(), services, routes });
  const socket = await opened(world);
  watch(world);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
  await eventually(10_000, 'some of it waits for the client', () => connectionsOf(world).some((each) => each.socket.writableLength > 0));
  assert.ok(sent() < 20_000_000, `${sent()} bytes were taken from the origin`);
  let count = 0;
  socket.on('data', (chunk: Buffer) => (count += chunk.toString('latin1').split('x').length - 1));
  socket.resume();
  await once(socket, 'end');
  assert.equal(count, sent());
  socket.destroy();
});
