/** The way in: PROXY protocol headers, the way to https, and proofs for an ACME server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { type PlaneConfig, planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { CONNECTIONS_REFUSED, HANDSHAKE_FAILURES, HANDSHAKES_FAILED } from '../../observe/metric-layout.ts';

let material: TlsMaterial;
let server: LeafFiles;

before(async () => {
  material = await tlsMaterial();
  server = await material.leaf('server', ['a.example']);
});
after(() => material[Symbol.dispose]());

const GET = 'GET /x?y=1 HTTP/1.1\r\nHost: a.example:8080\r\n\r\n';
const OWN: PlaneConfig = { services: {}, routes: [{ path: '/*', respond: { status: 200, body: 'ok' } }] };

function own(listener: PlaneConfig['listener']): PlaneConfig {
  return { ...OWN, ...(listener === undefined ? {} : { listener }) };
}

async function ask(world: TestPlane, request = GET): Promise<string> {
  using client = await RawClient.open(world.port);
  client.write(request);
  return await client.until('the reply comes', (text) => text.includes('\r\n\r\n'));
}

describe('a PROXY protocol header', () => {
  const listener = { proxyProtocol: { trusted: ['127.0.0.1'] } };
  const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n';

  test('says who the client is, in one piece with the request or byte by byte', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, { listener }));
    using whole = await RawClient.open(world.port);
    await whole.ask(`${V1}${GET}`, (text) => text.includes('origin saw'));
    using crumbs = await RawClient.open(world.port);
    for (const character of V1) {
      crumbs.write(character);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await crumbs.ask(GET, (text) => text.includes('origin saw'));
    for (const { fields } of origin.requests) assert.equal(new Map(fields).get('x-forwarded-for'), '192.0.2.7');
    assert.equal(world.board.connections(0), 2);
  });

  test('of a proxy that speaks for itself leaves the address of the connection', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, { listener }));
    using client = await RawClient.open(world.port);
    const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex').toString('latin1');
    await client.ask(`${local}${GET}`, (text) => text.includes('origin saw'));
    assert.equal(new Map(origin.requests[0]!.fields).get('x-forwarded-for'), '127.0.0.1');
  });

  test('is mandatory, and of nobody but trusted proxies', async () => {
    await using world = await startPlane(own(listener));
    using without = await RawClient.open(world.port);
    without.write(GET);
    await without.ended();
    assert.equal(without.text, '');
    await eventually(3_000, 'it is counted out', () => world.board.connections(0) === 0);
    await world.reload(own({ proxyProtocol: { trusted: ['192.0.2.0/24'] } }));
    using stranger = await RawClient.open(world.port);
    stranger.write(`${V1}${GET}`);
    await stranger.ended();
    assert.equal(stranger.text, '');
    assert.equal(world.board.row('listener', 0)[CONNECTIONS_REFUSED], 1);
  });

  test('must come in time', async () => {
    await using world = await startPlane(own({ proxyProtocol: { trusted: ['127.0.0.1'], timeout: '1s' } }));
    using client = await RawClient.open(world.port);
    client.write('PROXY ');
    await eventually(3_000, 'it is there', () => world.board.connections(0) === 1);
    const ended = client.ended();
    world.advance(1_100);
    await ended;
  });

  test('comes before TLS, whose bounds by address then go by the client', async () => {
    const tls = { certificates: server.files, handshakesPerSourceMax: 1 };
    await using world = await startPlane(own({ ...listener, tls }));
    const open = async (header: string): Promise<Socket> => {
      const socket = connectTcp(world.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(header);
      return socket;
    };
    const waiting = await open(V1);
    await eventually(3_000, 'it is there', () => world.board.connections(0) === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const same = await open(V1);
    await new Promise((resolve) => same.once('close', resolve).resume());
    const raw = await open(V1.replace('192.0.2.7', '192.0.2.8'));
    const socket = connect({ socket: raw, ca: material.authority.certPem, servername: 'a.example' });
    await once(socket, 'secureConnect');
    socket.write(GET);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    assert.match(reply.toString(), /200 OK/);
    for (const each of [waiting, raw]) each.destroy();
  });
});

describe('a redirect to https', () => {
  test('leads to the same place', async () => {
    await using world = await startPlane(own({ redirectToHttps: true }));
    assert.match(await ask(world), /^HTTP\/1\.1 308 .*\r\nLocation: https:\/\/a\.example\/x\?y=1\r\n/s);
    await world.reload(own({ redirectToHttps: { port: 8443, status: 301 } }));
    assert.match(await ask(world), /^HTTP\/1\.1 301 .*\r\nLocation: https:\/\/a\.example:8443\/x\?y=1\r\n/s);
    assert.match(await ask(world, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });
});

describe('a proof for an ACME server', () => {
  const proof = { token: 'tok-en_1', keyAuthorization: 'tok-en_1.thumb' };

  test('is answered before the redirect and the routes, in the clear, for its token alone', async () => {
    await using world = await startPlane(own({ redirectToHttps: true }));
    const challenges = { http: [proof], tls: [] };
    await world.plane.apply({ ...world.plane.plan, acmeChallenges: challenges }, world.plane.slots);
    const request = (token: string): string => `GET /.well-known/acme-challenge/${token} HTTP/1.1\r\nHost: a.example\r\n\r\n`;
    assert.match(await ask(world, request('tok-en_1')), /^HTTP\/1\.1 200 .*\r\n\r\ntok-en_1\.thumb$/s);
    assert.match(await ask(world, request('other')), /^HTTP\/1\.1 308 /);
  });

  test('by tls-alpn-01 is the certificate for its name, and the end', async () => {
    const challenge = await material.leaf('challenge', ['new.example']);
    const { certPem, keyPem } = challenge;
    await using world = await startPlane(own({ tls: { certificates: server.files } }));
    const challenges = { http: [], tls: [{ name: 'new.example', certPem, keyPem }] };
    await world.plane.apply({ ...world.plane.plan, acmeChallenges: challenges }, world.plane.slots);
    const open = (servername: string) =>
      connect({ port: world.port, host: '127.0.0.1', servername, ALPNProtocols: ['acme-tls/1'], ca: material.authority.certPem });
    const socket = open('new.example');
    await once(socket, 'secureConnect');
    assert.equal(socket.alpnProtocol, 'acme-tls/1');
    assert.equal(socket.getPeerX509Certificate()!.subjectAltName, 'DNS:new.example');
    socket.resume();
    await once(socket, 'end');
    await eventually(3_000, 'it is gone', () => world.board.connections(0) === 0);
    const failures = world.board.row('listener', 0).slice(HANDSHAKES_FAILED, HANDSHAKES_FAILED + HANDSHAKE_FAILURES.length);
    assert.ok(
      failures.every((count) => count === 0),
      'a proof is no failure',
    );
    const refused = open('a.example');
    const [error] = (await once(refused, 'error')) as [Error];
    assert.match(error.message, /no application protocol/);
  });
});
