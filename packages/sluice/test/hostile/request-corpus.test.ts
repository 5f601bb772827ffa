/** Every hostile request against the real program: the right status, a close, and an origin that saw none of it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { looksComplete, rawExchange, statuses } from '../support/raw-exchange.ts';
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { hostileRequests } from './request-corpus.ts';

let origin: RecordingOrigin;
let gateway: Gateway;

before(async () => {
  origin = await startRecordingOrigin();
  gateway = await startGateway(oneOrigin(origin.port));
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

/** No complete request with a body that was refused half-way, and nothing that was hidden behind another. */
function assertOriginUntouched(name: string): void {
  assert.deepEqual(
    origin.requests.map((request) => request.requestLine),
    [],
    `${name}: no whole request may reach the origin`,
  );
  const bytes = origin.connections.join('');
  assert.ok(!bytes.includes('smuggled'), `${name}: hidden bytes reached the origin: ${JSON.stringify(bytes.slice(0, 300))}`);
}

for (const attack of new Set(hostileRequests.map((each) => each.attack))) {
  describe(attack, () => {
    for (const { name, bytes, status } of hostileRequests.filter((each) => each.attack === attack)) {
      test(`${attack}: ${name} is ${status} and close`, async () => {
        origin.clear();
        const reply = await rawExchange(gateway.port, bytes);
        assert.deepEqual(statuses(reply.text), [status], JSON.stringify(reply.text.slice(0, 300)));
        assert.equal(reply.ending, 'fin', 'the connection must be closed in order');
        assert.match(reply.text, /\r\nconnection: close\r\n/i);
        assert.ok(looksComplete(reply.text, reply.ending), 'the refusal itself must be whole');
        assertOriginUntouched(name);
      });
      test(`${attack}: ${name}, behind a good request on the same connection`, async () => {
        origin.clear();
        const good = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n';
        const reply = await rawExchange(gateway.port, good + bytes);
        assert.deepEqual(statuses(reply.text), [200, status], JSON.stringify(reply.text.slice(0, 600)));
        assert.equal(reply.ending, 'fin');
        assert.deepEqual(
          origin.requests.map((request) => request.requestLine),
          ['GET /good HTTP/1.1'],
        );
        assert.ok(!origin.connections.join('').includes('smuggled'));
      });
    }
  });
}

test('the corpus reaches the gateway: a sound request of the same shape is answered by the origin', async () => {
  origin.clear();
  const bytes = 'POST /reached HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n';
  const reply = await rawExchange(gateway.port, bytes, { until: (text) => text.includes('origin saw') });
  assert.deepEqual(statuses(reply.text), [200]);
  assert.equal(origin.requests[0]?.body, 'hello');
});

test('the preface of HTTP/2 is one at the beginning of a connection only', async () => {
  const reply = await rawExchange(gateway.port, 'GET /good HTTP/1.1\r\nHost: a\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  assert.deepEqual(statuses(reply.text), [200, 505]);
  assert.equal(reply.ending, 'fin');
});
