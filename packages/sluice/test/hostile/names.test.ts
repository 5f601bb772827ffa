/** Names that attack the reader: prototype keys, and many names that collide in a hash table. Nothing here is kept in an object or a map by name. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { cookieSatisfies, querySatisfies } from '../../src/core/routing/fields.ts';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';

let origin: RecordingOrigin;
let gateway: Gateway;

before(async () => {
  origin = await startRecordingOrigin();
  gateway = await startGateway({
    ...oneOrigin(origin.port),
    routes: [
      { path: '/*', query: { __proto__x: 'a' }, respond: { status: 418, body: 'no' } },
      { path: '/*', headers: { constructor: 'a' }, respond: { status: 404, body: 'constructor' } },
      { path: '/*', to: 'origin' },
    ],
  });
});

after(async () => {
  await gateway[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

test('prototype keys: field names such as __proto__ are names like any other, matched and forwarded', async () => {
  const head =
    'GET /?toString=1&__proto__=2 HTTP/1.1\r\nHost: a\r\n__proto__: x\r\nhasOwnProperty: y\r\nCookie: __proto__=z\r\nConnection: close\r\n\r\n';
  const reply = await rawExchange(gateway.port, head);
  assert.match(reply.text, /^HTTP\/1\.1 200 /);
  const seen = origin.requests.at(-1)!.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  for (const line of ['__proto__: x', 'hasownproperty: y', 'cookie: __proto__=z']) assert.ok(seen.includes(line), seen.join('\n'));
  const matched = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConstructor: a\r\nConnection: close\r\n\r\n');
  assert.match(matched.text, /^HTTP\/1\.1 404 [\s\S]*constructor$/);
});

test('HashDoS: a thousand query parameters or cookies cost the same whatever their names, far below 10 ms', () => {
  // `Aa` and `BB` collide in the hash that Java and many others use; ten pairs make 1,024 colliding names.
  const names = Array.from({ length: 1024 }, (_, index) =>
    Array.from({ length: 10 }, (_, bit) => ((index >> bit) & 1 ? 'Aa' : 'BB')).join(''),
  );
  const query = names.map((name) => `${name}=1`).join('&');
  const cookies = names.map((name) => `${name}=1`).join('; ');
  const condition = { name: 'zz', accepts: () => true };
  for (const look of [() => querySatisfies(query, condition), () => cookieSatisfies(cookies, condition)]) {
    look();
    const start = performance.now();
    assert.equal(look(), false);
    assert.ok(performance.now() - start < 10);
  }
});
