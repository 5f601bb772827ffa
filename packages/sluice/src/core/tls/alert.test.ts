import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { once } from 'node:events';
import { alertForFault, ALERTS, fatalAlert, type AlertName } from './alert.ts';
import { malformed } from './hello-fault.ts';

test('an alert is one record: fatal, and its number', () => {
  assert.deepEqual([...fatalAlert('unrecognized_name')], [21, 3, 3, 0, 2, 2, 112]);
  assert.equal(fatalAlert('handshake_failure')[6], 40);
  assert.equal(fatalAlert('access_denied')[6], 49);
});

test('who speaks no TLS is owed no alert', () => {
  assert.equal(alertForFault({ kind: 'not-tls', what: '' }), null);
  assert.equal(alertForFault(malformed('')), 'decode_error');
  assert.equal(alertForFault({ kind: 'too-large', what: '' }), 'decode_error');
});

test('OpenSSL understands each of them', async () => {
  const names = Object.keys(ALERTS) as AlertName[];
  const left = [...names];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(fatalAlert(left.shift()!)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const name of names) {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const [error] = (await once(socket, 'error').catch((reason: unknown) => [reason])) as [Error & { code?: string }];
    assert.match(error.message, new RegExp(`SSL alert number ${ALERTS[name]}\\b`), name);
    socket.destroy();
  }
  server.close();
});
