/** Connections are found again by their addresses: whose are the same must not be taken for each other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { type HandshakeResult, VerifyingServer } from './verifying-server.ts';

let material: TlsMaterial;
let server: LeafFiles;
let alice: LeafFiles;

before(async () => {
  material = await tlsMaterial();
  server = await material.leaf('server', ['a.example']);
  alice = await material.leaf('alice', ['alice.example'], { purpose: 'client' });
});
after(() => material[Symbol.dispose]());

function verifying(): VerifyingServer {
  const options = { cert: server.certPem, key: server.keyPem, ca: material.authority.certPem, requestCert: true, rejectUnauthorized: true };
  return new VerifyingServer(options, () => {});
}

test('two connections with the same address and port of the client end each for itself', async () => {
  const handshakes = verifying();
  // To two addresses of ours. The same happens where a client resets a connection and comes again before its end was noticed.
  const accepted: Socket[] = [];
  const results = new Map<Socket, HandshakeResult>();
  await using listener = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    handshakes.begin(socket, (result) => results.set(socket, result));
  });
  await once(listener.listen(0, '0.0.0.0'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const first = connectTcp({ host: '127.0.0.1', port, localAddress: '127.0.0.1' });
  await once(first, 'connect');
  await eventually(3_000, 'the first is there', () => accepted.length === 1);
  const second = connectTcp({ host: '127.0.0.2', port, localAddress: '127.0.0.1', localPort: first.localPort! });
  await once(second, 'connect');
  await eventually(3_000, 'the second is there', () => accepted.length === 2);
  const session = connect({
    socket: second,
    ca: material.authority.certPem,
    servername: 'a.example',
    cert: alice.certPem,
    key: alice.keyPem,
  });
  await once(session, 'secureConnect');
  await eventually(3_000, 'the second is let in', () => results.get(accepted[1]!)?.ok === true);
  assert.equal(results.has(accepted[0]!), false);
  first.destroy();
  await eventually(3_000, 'the first is given up', () => results.get(accepted[0]!)?.ok === false);
  session.destroy();
});
