/** The corpus of hostile requests on a forward proxy's port: each is refused and ends the connection, and nothing of what it hides reaches an origin. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ForwardPlane, startForwardProxy } from '../support/forward-plane.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import type { HostileRequest } from './hostile-request.ts';
import { hostileRequests } from './request-corpus.ts';

let origin: RecordingOrigin;
let proxy: ForwardPlane;

before(async () => {
  origin = await startRecordingOrigin();
  proxy = await startForwardProxy({ allow: [{ hosts: ['a', 'a.test'], ports: [origin.port, 80] }], allowPrivate: ['127.0.0.1'] });
  for (const name of ['a', 'a.test']) proxy.names.set(name, [['127.0.0.1']]);
});

after(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

/** Requests of the corpus whose target is nothing but a path: what is wrong with them does not stand there. */
const carried = hostileRequests.filter(({ bytes }) => /^[A-Z]+ \/reached HTTP\/1\.[01]\r\n/.test(bytes));

/** The same request for the proxy, with the whole URL. */
function forProxy({ bytes }: HostileRequest): string {
  return bytes.replace(' /reached ', ` http://a.test:${origin.port}/reached `);
}

test('most of the corpus is about what a forward proxy reads, too', () => assert.ok(carried.length > 100, String(carried.length)));

for (const attack of new Set(carried.map((each) => each.attack))) {
  describe(attack, () => {
    for (const request of carried.filter((each) => each.attack === attack)) {
      test(`${attack}: ${request.name} is ${request.status} and close, behind a good request, too`, async () => {
        const alone = await rawExchange(proxy.port, forProxy(request));
        assert.deepEqual(statuses(alone.text), [request.status], JSON.stringify(alone.text.slice(0, 300)));
        assert.equal(alone.ending, 'fin');
        assert.ok(!origin.connections.join('').includes('smuggled'));
        origin.clear();
        const good = `GET http://a.test:${origin.port}/good HTTP/1.1\r\nHost: a.test\r\n\r\n`;
        const behind = await rawExchange(proxy.port, good + forProxy(request));
        assert.deepEqual(statuses(behind.text), [200, request.status], JSON.stringify(behind.text.slice(0, 600)));
        assert.ok(!origin.connections.join('').includes('smuggled'));
        origin.clear();
      });
    }
  });
}

test('bytes behind a CONNECT that is refused are no request', async () => {
  const hidden = `GET http://a.test:${origin.port}/smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`;
  for (const line of ['CONNECT other.test:443', 'CONNECT a.test:1', 'CONNECT 127.1:443', 'CONNECT a.test']) {
    const { text, ending } = await rawExchange(proxy.port, `${line} HTTP/1.1\r\nHost: a.test\r\n\r\n${hidden}`);
    assert.equal(statuses(text).length, 1, line);
    assert.equal(ending, 'fin');
  }
  assert.ok(!origin.connections.join('').includes('smuggled'));
});

test('content of a request that is refused is no request', async () => {
  const hidden = `GET http://a.test:${origin.port}/smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`;
  const { text } = await rawExchange(
    proxy.port,
    `POST http://other.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  );
  assert.deepEqual(statuses(text), [403]);
  assert.ok(!origin.connections.join('').includes('smuggled'));
});
