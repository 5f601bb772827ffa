import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve } from 'node:path';
import { endpointFlag, listenerAddress, listenerFlags, serviceName, wholeNumber } from './flags.ts';

const line = (text: string) => ({ name: 'CommandFault', lines: [text], exitCode: 2 });

test('an endpoint with its settings, in the form of the configuration', () => {
  assert.deepEqual(endpointFlag('127.0.0.1:3001'), { address: '127.0.0.1:3001' });
  assert.deepEqual(endpointFlag('unix:/run/app.sock,weight=3,priority=1'), { address: 'unix:/run/app.sock', weight: 3, priority: 1 });
});

test('a fault names the flag, the value and what is allowed', () => {
  assert.throws(() => endpointFlag('localhost'), line('--to "localhost" has no port; write \'localhost:80\''));
  assert.throws(() => endpointFlag('a:1,weight=300'), line('--to "a:1,weight=300": weight must be a whole number 0..256, got "300"'));
  assert.throws(() => endpointFlag('a:1,toString=1'), /unknown setting "toString"/);
  assert.throws(() => wholeNumber('--instances', '1e3', 1, 9), line('--instances must be a whole number 1..9, got "1e3"'));
  assert.throws(() => serviceName('-'), /--name must be at most 64 letters/);
});

test('--tls makes an https listener, with a certificate for this machine or from files', () => {
  assert.deepEqual(listenerFlags('--port', '8080', undefined), { http: ':8080' });
  assert.deepEqual(listenerFlags('--port', '8443', 'dev'), { https: ':8443', tls: 'dev' });
  assert.deepEqual(listenerFlags('--from', ':443', 'a.pem,/etc/a.key'), {
    https: ':443',
    tls: { certificates: { cert: resolve('a.pem'), key: '/etc/a.key' } },
  });
  for (const tls of ['', 'a.pem', 'a.pem,', ',a.key', 'a,b,c'])
    assert.throws(() => listenerFlags('--port', '8443', tls), line(`--tls must be dev or CERT.pem,KEY.pem, got "${tls}"`));
  assert.throws(
    () => listenerFlags('--from', 'https://:8443', undefined),
    line('--from "https://:8443" has a scheme; write host and port only, and --tls dev or --tls CERT.pem,KEY.pem'),
  );
});

test('a port alone is every interface; anything else is as in the configuration', () => {
  assert.equal(listenerAddress('--port', '8080'), ':8080');
  assert.equal(listenerAddress('--port', '127.0.0.1:0'), '127.0.0.1:0');
  assert.equal(listenerAddress('--from', 'unix:/run/web.sock'), 'unix:/run/web.sock');
  assert.throws(() => listenerAddress('--port', '70000'), /--port "70000" has a port that is not 0\.\.65535/);
});
