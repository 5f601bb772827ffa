/** TLS to endpoints: whom we believe, and what those hear whom we do not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { timestamp } from '../../base/time.ts';
import { type PlaneConfig, planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';

type UpstreamInput = Exclude<NonNullable<NonNullable<PlaneConfig['services']>[string]['tls']>, boolean>;

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\nCookie: secret\r\n\r\n';
const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

let material: TlsMaterial;
let strangers: TlsMaterial;
let named: LeafFiles;
let addressed: LeafFiles;

before(async () => {
  material = await tlsMaterial('Ours');
  strangers = await tlsMaterial('Theirs');
  named = await material.leaf('named', ['origin.example']);
  addressed = await material.leaf('addressed', ['127.0.0.1']);
});
after(() => {
  material[Symbol.dispose]();
  strangers[Symbol.dispose]();
});

interface Origin extends AsyncDisposable {
  readonly port: number;
  /** All that was heard inside TLS. */
  readonly heard: () => string;
  /** Of each handshake that was done: the name that was asked for, and whether a session was resumed. */
  readonly handshakes: readonly string[];
}

/** Answers whatever it hears inside TLS. */
async function startOrigin(leaf: Pick<LeafFiles, 'certPem' | 'keyPem'>, options: TlsOptions = {}): Promise<Origin> {
  let heard = '';
  const handshakes: string[] = [];
  const server = createServer({ cert: leaf.certPem, key: leaf.keyPem, ...options }, (socket) => {
    const { servername } = socket as TLSSocket & { servername?: string | false };
    handshakes.push(`${servername || ''}${socket.isSessionReused() ? ' resumed' : ''}`);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      socket.write(REPLY);
    });
  });
  return { ...(await listening(server)), heard: () => heard, handshakes };
}

async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
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

function config(port: number, tls: Partial<UpstreamInput>): PlaneConfig {
  const { services, ...rest } = planeTo(port);
  return { ...rest, services: { origin: { ...services!['origin']!, tls: { ca: material.caFile, ...tls } } } };
}

async function status(world: TestPlane): Promise<string> {
  using client = await RawClient.open(world.port);
  const text = await client.ask(GET, (reply) => reply.includes('\r\n\r\n'));
  return text.slice(9, 12);
}

describe('an endpoint', () => {
  test('is believed that proves its name, or its address', async () => {
    for (const [leaf, tls] of [
      [named, { serverName: 'Origin.Example' }],
      [addressed, {}],
      [named, { verify: false }],
    ] as const) {
      await using origin = await startOrigin(leaf);
      await using world = await startPlane(config(origin.port, tls));
      assert.equal(await status(world), '200');
      assert.deepEqual(origin.handshakes, ['serverName' in tls ? 'origin.example' : '']);
    }
  });

  test('that proves nothing hears nothing of a request', async () => {
    const old = await material.leaf('old', ['127.0.0.1'], { now: timestamp(Date.UTC(2020, 0, 1)), days: 30 });
    const stranger = await strangers.leaf('stranger', ['127.0.0.1']);
    const client = await material.leaf('client', ['127.0.0.1'], { purpose: 'client' });
    const authority = { certPem: strangers.authority.certPem, keyPem: strangers.authority.keyPem };
    for (const [what, leaf] of Object.entries({ 'another name': named, 'no more': old, stranger, client, 'self-signed': authority })) {
      for (const maxVersion of VERSIONS) {
        await using origin = await startOrigin(leaf, { maxVersion });
        await using world = await startPlane(config(origin.port, {}));
        assert.equal(await status(world), '502', what);
        assert.equal(origin.heard(), '', what);
      }
    }
  });

  test('that does not speak TLS, or speaks before it, is none', async () => {
    for (const first of [REPLY, `${REPLY}${REPLY}`, '\x15\x03\x01\x00\x02\x02\x28', '\x17\x03\x03\x00\x05hello']) {
      let heard = '';
      const server = createTcpServer((socket) => {
        socket.write(first, 'latin1');
        socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
      });
      await using origin = await listening(server);
      await using world = await startPlane(config(origin.port, {}));
      assert.equal(await status(world), '502');
      assert.ok(!heard.includes('secret'));
    }
  });

  test('that answers before its handshake is done, in the clear, is none', async () => {
    await using origin = await startOrigin(addressed);
    const { connect } = await import('node:net');
    const server = createTcpServer((socket) => {
      const behind = connect(origin.port, '127.0.0.1');
      socket.write(REPLY); // what somebody between us puts in front
      socket.pipe(behind).pipe(socket);
      behind.on('error', () => {});
    });
    await using between = await listening(server);
    await using world = await startPlane(config(between.port, {}));
    assert.equal(await status(world), '502');
    assert.equal(origin.heard(), '');
  });

  test('that asks for a certificate gets ours', async () => {
    const own = await material.leaf('own', ['proxy.example'], { purpose: 'client' });
    const asking = { requestCert: true, rejectUnauthorized: true, ca: material.authority.certPem };
    for (const maxVersion of VERSIONS) {
      await using origin = await startOrigin(addressed, { ...asking, maxVersion });
      await using world = await startPlane(config(origin.port, { cert: own.files.cert, key: own.files.key }));
      assert.equal(await status(world), '200');
      await world.reload(config(origin.port, {}));
      assert.equal(await status(world), '502');
    }
  });
});

describe('a session', () => {
  test('is resumed with its endpoint, and never under other rules', async () => {
    for (const maxVersion of VERSIONS) {
      await using origin = await startOrigin(named, { maxVersion });
      const believing = config(origin.port, { verify: false });
      await using world = await startPlane(believing);
      const again = async (given: PlaneConfig): Promise<string> => {
        const closing = { ...given, services: { origin: { ...given.services!['origin']!, pool: { idleMax: 0 } } } };
        await world.reload(closing);
        return status(world);
      };
      assert.equal(await again(believing), '200');
      assert.equal(await again(believing), '200');
      assert.match(origin.handshakes.join(), /resumed/, maxVersion);
      assert.equal(await again(config(origin.port, { serverName: 'other.example' })), '502');
      assert.equal(await again(config(origin.port, {})), '502');
      assert.equal(await again(config(origin.port, { serverName: 'origin.example', ca: strangers.caFile })), '502');
      assert.equal(await again(config(origin.port, { serverName: 'origin.example' })), '200');
    }
  });
});
