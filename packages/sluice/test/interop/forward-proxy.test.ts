/** curl as the client of a forward proxy: tunnels to TLS, plain requests, uploads, passwords, several transfers over one connection. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { after, before, test } from 'node:test';
import { hashPassword } from '../../src/io/password.ts';
import { type ForwardPlane, startForwardProxy } from '../support/forward-plane.ts';
import { skipWithout } from '../support/system-program.ts';
import { type TlsMaterial, tlsMaterial } from '../support/tls-material.ts';

const skip = skipWithout('curl');

let proxy: ForwardPlane;
let material: TlsMaterial;
const servers: Server[] = [];
let plain = 0;
let secure = 0;

const echo: RequestListener = (request, reply) => {
  let size = 0;
  request
    .on('data', (chunk: Buffer) => (size += chunk.length))
    .on('end', () => reply.end(`${request.method} ${request.url} ${size} ${request.httpVersion}\n`));
};

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

before(async () => {
  material = await tlsMaterial();
  const { certPem, keyPem } = await material.authority.leaf(['a.test']);
  plain = await listen(createServer(echo));
  secure = await listen(createHttps({ cert: certPem, key: keyPem }, echo));
  proxy = await startForwardProxy({
    allow: [{ hosts: ['a.test'], ports: [plain, secure] }],
    allowPrivate: ['127.0.0.1'],
    basic: { users: [{ name: 'anna', password: await hashPassword('sesame') }] },
  });
  proxy.names.set('a.test', [['127.0.0.1']]);
});

after(async () => {
  for (const server of servers) server.close();
  await proxy?.[Symbol.asyncDispose]();
  material?.[Symbol.dispose]();
});

async function run(...options: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { user = 'anna:sesame', rest } = options[0]?.startsWith('user=')
    ? { user: options[0].slice(5), rest: options.slice(1) }
    : { rest: options };
  const child = spawn('curl', ['-sS', '-m', '5', '-x', `http://${user}@127.0.0.1:${proxy.port}`, '--cacert', material.caFile, ...rest]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}

test('curl reaches an origin in the clear, and the next URL over the same connection', { skip }, async () => {
  const opened = proxy.records.length;
  const { code, text } = await run(`http://a.test:${plain}/1`, `http://a.test:${plain}/2?x`, '-w', '%{num_connects}\n');
  assert.deepEqual([code, text], [0, 'GET /1 0 1.1\n1\nGET /2?x 0 1.1\n0\n']);
  assert.equal(proxy.records.length, opened + 2);
});

test('curl tunnels to an origin behind TLS, and checks its certificate itself', { skip }, async () => {
  assert.deepEqual(await run(`https://a.test:${secure}/x`), { code: 0, text: 'GET /x 0 1.1\n' });
});

test('curl uploads, with a length and in chunks, straight and through a tunnel', { skip }, async () => {
  const size = '1000000';
  const file = material.file('upload', 'x'.repeat(1_000_000));
  assert.equal((await run('-T', file, `http://a.test:${plain}/up`)).text, `PUT /up ${size} 1.1\n`);
  assert.equal((await run('-T', file, '-H', 'Transfer-Encoding: chunked', `http://a.test:${plain}/up`)).text, `PUT /up ${size} 1.1\n`);
  assert.equal((await run('-T', file, `https://a.test:${secure}/up`)).text, `PUT /up ${size} 1.1\n`);
  assert.equal((await run('-p', '--data-binary', `@${file}`, `http://a.test:${plain}/up`)).text, `POST /up ${size} 1.1\n`);
});

test('curl is told 407 with a wrong password, and 403 where it may not go', { skip }, async () => {
  assert.match((await run('user=anna:wrong', '-i', `http://a.test:${plain}/`)).text, /^HTTP\/1\.1 407 [^]*denied-auth/);
  const refused = await run('user=nobody:sesame', `https://a.test:${secure}/`);
  assert.ok(refused.code !== 0 && refused.text.includes('407'), refused.text);
  assert.match((await run('-i', 'http://169.254.169.254/latest/meta-data/')).text, /^HTTP\/1\.1 403 [^]*denied-host/);
});
