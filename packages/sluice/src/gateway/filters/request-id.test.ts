import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('each request has an id of its own: to the service and in the reply, whatever the client claims', async (t) => {
  const world = await stageFilters(t, ['requestId']);
  const first = await world.ask('/', { headers: { 'x-request-id': 'forged' } });
  const second = await world.ask('/');
  assert.match(String(first.headers['x-request-id']), UUID7);
  assert.notEqual(first.headers['x-request-id'], second.headers['x-request-id']);
  assert.deepEqual(
    world.origin.seen.map(({ headers }) => headers['x-request-id']),
    [first.headers['x-request-id'], second.headers['x-request-id']],
  );
});

test("a trusted proxy's id is kept, anybody's where that is said, and never one that is not harmless", async (t) => {
  for (const [filter, listener, sent, isKept] of [
    [{}, { forwarding: { trustedProxies: '127.0.0.1/32' } }, 'abc-1', true],
    [{ accept: 'any' }, {}, 'abc-1', true],
    [{ accept: 'any' }, {}, 'a b', false],
    [{ accept: 'none' }, { forwarding: { trustedProxies: '127.0.0.1/32' } }, 'abc-1', false],
  ] as const) {
    const world = await stageFilters(t, [{ requestId: filter }], { listener });
    const { headers } = await world.ask('/', { headers: { 'x-request-id': sent } });
    assert.equal(headers['x-request-id'] === sent, isKept, JSON.stringify(filter));
  }
});

test('another header carries it alone, under no alias of the client; without echo the reply is silent', async (t) => {
  const world = await stageFilters(t, [{ requestId: { header: 'X-Correlation-Id', format: 'hex', echo: false } }]);
  const { headers } = await world.ask('/', { headers: { x_correlation_id: 'forged' } });
  const [seen] = world.origin.seen;
  assert.match(String(seen?.headers['x-correlation-id']), /^[0-9a-f]{32}$/);
  assert.deepEqual(
    [seen?.headers['x-request-id'], seen?.headers['x_correlation_id'], headers['x-correlation-id']],
    [undefined, undefined, undefined],
  );
});

test('a refusal says it, too', async (t) => {
  const world = await stageFilters(t, ['requestId'], {
    services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false, retry: false } },
  });
  const { status, headers } = await world.ask('/');
  assert.equal(status, 502);
  assert.match(String(headers['x-request-id']), UUID7);
});
