import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { peerUid } from './peer-user.ts';

const isLinux = process.platform === 'linux' || 'the table of sockets is Linux';

for (const host of ['127.0.0.1', '::1', '::']) {
  test(`the user of a client that connects to ${host} is known`, { skip: isLinux === true ? false : isLinux }, async (t) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection');
    const client = connect({ host: host === '::' ? '127.0.0.1' : host, port });
    t.after(() => client.destroy());
    const [socket] = (await accepted) as [Socket];
    assert.equal(peerUid(socket), process.getuid!());
  });
}

test('another user is told apart', { skip: process.getuid?.() === 0 ? false : 'only root can be somebody else' }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  // The system's own program: ours may lie where nobody else may look.
  const child = spawn('/bin/bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; read -r line <&3`], {
    uid: 65_534,
    gid: 65_534,
    stdio: 'ignore',
  });
  t.after(() => child.kill('SIGKILL'));
  const [socket] = (await accepted) as [Socket];
  assert.equal(peerUid(socket), 65_534);
  socket.destroy();
});

test('what is no connection of this machine has no user', () => {
  const end = { localAddress: '127.0.0.1', localPort: 1, remoteAddress: '192.0.2.1', remotePort: 2 };
  assert.equal(peerUid(end), null);
  assert.equal(peerUid({ ...end, remoteAddress: undefined }), null);
});
