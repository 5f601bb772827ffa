/** Mutual TLS: who gets in, who does not, and what the service is told. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { serialOf } from '../../../test/support/authority.ts';
import { type PlaneConfig, planeTo, startPlane, type TestPlane, WALL_START } from '../../../test/support/data-plane.ts';
import { startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { makeRevocationList } from '../../../test/support/revocation-list.ts';
import { ticketSecrets } from '../../../test/support/ticket-secrets.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { timestamp } from '../../base/time.ts';
import { HANDSHAKE_FAILURES, HANDSHAKES_FAILED } from '../../observe/metric-layout.ts';

let material: TlsMaterial;
let strangers: TlsMaterial;
let server: LeafFiles;
let alice: LeafFiles;
let bob: LeafFiles;
let stranger: LeafFiles;

before(async () => {
  material = await tlsMaterial('Ours');
  strangers = await tlsMaterial('Theirs');
  server = await material.leaf('server', ['a.example', 'b.example']);
  alice = await material.leaf('alice', ['alice.example'], { purpose: 'client' });
  bob = await material.leaf('bob', ['bob.example'], { purpose: 'client' });
  stranger = await strangers.leaf('stranger', ['alice.example'], { purpose: 'client' });
});
after(() => {
  material[Symbol.dispose]();
  strangers[Symbol.dispose]();
});

type TlsInput = Exclude<NonNullable<PlaneConfig['listener']>['tls'], string | undefined>;

function config(tls: Partial<TlsInput>, more: Partial<PlaneConfig> = {}): PlaneConfig {
  return {
    services: {},
    routes: [{ path: '/*', respond: { status: 200, body: 'ok' } }],
    listener: { tls: { certificates: [server.files], ...tls } },
    ...more,
  };
}

function open(world: TestPlane, who: LeafFiles | null, options: ConnectionOptions = {}): TLSSocket {
  const own = who === null ? {} : { cert: who.certPem, key: who.keyPem };
  const socket = connect({
    host: '127.0.0.1',
    port: world.port,
    ca: material.authority.certPem,
    servername: 'a.example',
    ...own,
    ...options,
  });
  socket.on('error', () => {});
  return socket;
}

/** The reply; or how the connection ended without one. */
async function ask(socket: TLSSocket, request = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'): Promise<string> {
  socket.write(request);
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.includes('\r\n\r\n')) resolve(text);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`));
  socket.on('close', () => resolve('closed'));
  const answer = await promise;
  return answer;
}

async function askOnce(world: TestPlane, who: LeafFiles | null, options: ConnectionOptions = {}): Promise<string> {
  const socket = open(world, who, options);
  const text = await ask(socket);
  socket.destroy();
  return text;
}

function refused(world: TestPlane): number {
  return world.board.row('listener', 0)[HANDSHAKES_FAILED + HANDSHAKE_FAILURES.indexOf('client-certificate')]!;
}

/** How it ends for who shows a bad one. */
const CUT = /^(ECONNRESET|closed|EPIPE)/;

const VERSIONS = [{ maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }] as const;

describe('a client certificate', () => {
  test('that is required lets in who shows a good one, and nobody else', async () => {
    await using world = await startPlane(config({ clientCertificates: { ca: material.caFile } }));
    for (const [count, version] of VERSIONS.entries()) {
      assert.match(await askOnce(world, alice, version), /200 OK/);
      assert.match(await askOnce(world, null, version), count === 0 ? /handshake failure/ : /certificate required/);
      assert.match(await askOnce(world, stranger, version), CUT);
      await eventually(3_000, 'both are counted', () => refused(world) === 2 * (count + 1));
    }
  });

  test('that was made out to a server is none of a client', async () => {
    const misused = await material.leaf('misused', ['alice.example'], { purpose: 'server' });
    for (const mode of ['required', 'optional'] as const) {
      await using world = await startPlane(config({ clientCertificates: { mode, ca: material.caFile } }));
      for (const version of VERSIONS) assert.match(await askOnce(world, misused, version), CUT);
    }
  });

  test('that is optional lets in who shows none, but nobody with a bad one', async () => {
    await using world = await startPlane(config({ clientCertificates: { mode: 'optional', ca: material.caFile } }));
    for (const [count, version] of VERSIONS.entries()) {
      assert.match(await askOnce(world, alice, version), /200 OK/);
      assert.match(await askOnce(world, null, version), /200 OK/);
      assert.match(await askOnce(world, stranger, version), CUT);
      await eventually(3_000, 'it is counted', () => refused(world) === count + 1);
    }
  });

  test('on the list of revoked ones is bad', async () => {
    const revoked = [serialOf(bob.certPem)];
    const crl = material.file('list.pem', await makeRevocationList({ authority: material.authority, revoked, now: timestamp(Date.now()) }));
    await using world = await startPlane(config({ clientCertificates: { ca: material.caFile, crl } }));
    assert.match(await askOnce(world, alice), /200 OK/);
    assert.match(await askOnce(world, bob), CUT);
    await eventually(3_000, 'it is counted', () => refused(world) === 1);
  });

  test('that was good when the session began is not good for ever: a new list ends all sessions', async () => {
    const write = async (revoked: string[]): Promise<string> =>
      material.file('list.pem', await makeRevocationList({ authority: material.authority, revoked, now: timestamp(Date.now()) }));
    const crl = await write([]);
    const plan = config({ clientCertificates: { ca: material.caFile, crl } });
    await using world = await startPlane(plan);
    const first = open(world, bob, { maxVersion: 'TLSv1.3' });
    const [session] = (await once(first, 'session')) as [Buffer];
    const kept = await ask(first);
    const second = open(world, bob, { session });
    assert.match(await ask(second), /200 OK/);
    assert.ok(second.isSessionReused());
    await write([serialOf(bob.certPem)]);
    await world.reload(plan);
    assert.match(kept, /200 OK/);
    assert.match(await askOnce(world, bob, { session }), CUT);
    first.destroy();
    second.destroy();
  });

  test('that ends is refused in a resumed session, too', async () => {
    const plan = config({ clientCertificates: { ca: material.caFile } });
    for (const version of VERSIONS) {
      await using world = await startPlane(plan);
      const first = open(world, alice, version);
      const [session] = (await once(first, 'session')) as [Buffer];
      assert.match(await ask(first), /200 OK/);
      assert.match(await askOnce(world, alice, { ...version, session }), /200 OK/);
      world.advance(new X509Certificate(alice.certPem).validToDate.getTime() - WALL_START);
      assert.match(await askOnce(world, alice, { ...version, session }), /200 OK/);
      world.advance(1);
      assert.match(await askOnce(world, alice, { ...version, session }), CUT);
      assert.equal(refused(world), 1);
      first.destroy();
    }
  });

  test('may be asked of one name alone; a session of another name does not open it', async () => {
    const hosts = { 'b.example': { clientCertificates: { ca: material.caFile } } };
    await using world = await startPlane(config({ hosts }));
    for (const version of VERSIONS) {
      const first = open(world, null, version);
      const [session] = (await once(first, 'session')) as [Buffer];
      assert.match(await ask(first), /200 OK/);
      assert.match(await askOnce(world, null, { ...version, session, servername: 'b.example' }), /handshake failure|certificate required/);
      const asked = open(world, alice, { ...version, session, servername: 'b.example' });
      assert.match(await ask(asked, 'GET / HTTP/1.1\r\nHost: b.example\r\n\r\n'), /200 OK/);
      assert.ok(!asked.isSessionReused());
      assert.match(await ask(first, 'GET / HTTP/1.1\r\nHost: b.example\r\n\r\n'), /^HTTP\/1\.1 421 /);
      first.destroy();
      asked.destroy();
    }
  });

  test('is remembered by a resumed session, also after the keys of tickets have changed', async () => {
    await using origin = await startRecordingOrigin();
    const { services } = planeTo(origin.port);
    await using world = await startPlane(
      config({ clientCertificates: { ca: material.caFile } }, { services, routes: [{ path: '/*', to: 'origin' }] }),
    );
    const first = open(world, alice);
    const [session] = (await once(first, 'session')) as [Buffer];
    assert.match(await ask(first), /200/);
    for (const current of [2, 3]) {
      world.plane.tickets = ticketSecrets(current);
      const again = open(world, null, { session });
      const text = await ask(again);
      if (current === 2) {
        assert.match(text, /200/);
        assert.ok(again.isSessionReused());
      } else assert.match(text, /certificate required/, 'two changes later its key is forgotten');
      again.destroy();
    }
    first.destroy();
    const fields = origin.requests.map(({ fields: each }) => new Map(each).get('x-client-cert-san'));
    assert.deepEqual(fields, ['DNS:alice.example', 'DNS:alice.example']);
  });
});

describe('the service', () => {
  const CLAIM =
    'X-Client-Cert-Subject: CN=root\r\nX_Client_Cert_San: DNS:root\r\nX-Client-Cert.Verified: true\r\nX-CLIENT-CERT-FINGERPRINT: ff\r\n';

  async function told(tls: Partial<TlsInput> | null, who: LeafFiles | null, listener: object = {}): Promise<[string, string][]> {
    await using origin = await startRecordingOrigin();
    const { services } = planeTo(origin.port);
    const base = config(tls ?? {}, { services, routes: [{ path: '/*', to: 'origin' }] });
    await using world = await startPlane({ ...base, listener: { ...base.listener, ...listener } });
    const socket = open(world, who);
    await ask(socket, `GET / HTTP/1.1\r\nHost: a.example\r\n${CLAIM}\r\n`);
    socket.destroy();
    return origin.requests[0]!.fields.filter(([name]) => /client.cert/i.test(name)).map(([name, value]) => [name, value]);
  }

  test('is told of the certificate, and of nothing that the client says of itself', async () => {
    const certificate = new X509Certificate(alice.certPem);
    const fields = await told({ clientCertificates: { ca: material.caFile } }, alice);
    assert.deepEqual(fields, [
      ['x-client-cert-verified', 'true'],
      ['x-client-cert-subject', `CN=${/CN=(.*)/.exec(certificate.subject)?.[1] ?? ''}`],
      ['x-client-cert-san', 'DNS:alice.example'],
      ['x-client-cert-fingerprint', certificate.fingerprint256.replaceAll(':', '').toLowerCase()],
    ]);
  });

  test('is told where none was shown', async () => {
    const fields = await told({ clientCertificates: { mode: 'optional', ca: material.caFile } }, null);
    assert.deepEqual(fields, [['x-client-cert-verified', 'false']]);
  });

  test('is told nothing where it is not to be, or where none is asked for', async () => {
    assert.deepEqual(await told({ clientCertificates: { ca: material.caFile, headers: false } }, alice), []);
    assert.deepEqual(await told({}, null), []);
  });

  test('hears a trusted proxy where we ask for none, and never beside our own word', async () => {
    const trusting = { forwarding: { trustedProxies: ['127.0.0.1'] } };
    const names = (fields: [string, string][]): string[] => fields.map(([name, value]) => `${name}=${value}`);
    assert.deepEqual(names(await told({}, null, trusting)), ['x-client-cert-subject=CN=root', 'x-client-cert-fingerprint=ff']);
    const own = names(await told({ clientCertificates: { mode: 'optional', ca: material.caFile } }, null, trusting));
    assert.deepEqual(own, ['x-client-cert-verified=false']);
  });
});

test('routes can ask for it', async () => {
  const routes: PlaneConfig['routes'] = [
    { path: '/*', client: { san: 'DNS:alice.example' }, respond: { status: 200, body: 'alice' } },
    { path: '/*', client: { subject: true }, respond: { status: 200, body: 'somebody' } },
    { path: '/*', respond: { status: 403 } },
  ];
  await using world = await startPlane(config({ clientCertificates: { mode: 'optional', ca: material.caFile } }, { routes }));
  assert.match(await askOnce(world, alice), /alice$/);
  assert.match(await askOnce(world, bob), /somebody$/);
  assert.match(await askOnce(world, null), /403/);
});
