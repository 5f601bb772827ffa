import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

test('requests and replies are edited: removed, set, added', async (t) => {
  const filters = [
    {
      headers: {
        request: { set: { 'X-Env': 'prod' }, add: { 'x-tag': ['a', 'b'] }, remove: 'x-secret' },
        response: { set: { 'X-Frame': 'no' }, remove: ['server', 'x-powered-by'] },
      },
    },
  ];
  const world = await stageFilters(t, filters, {
    answer: (_, response) => void response.writeHead(200, { server: 'x', 'x-powered-by': 'y', 'x-frame': 'yes' }).end(),
  });
  const { headers } = await world.ask('/', { headers: { 'x-env': 'forged', x_env: 'forged', 'x-secret': '1', 'x-tag': 'c' } });
  const [seen] = world.origin.seen;
  assert.deepEqual(
    [seen?.headers['x-env'], seen?.headers['x_env'], seen?.headers['x-secret'], seen?.headers['x-tag']],
    ['prod', undefined, undefined, 'c, a, b'],
  );
  assert.deepEqual([headers['x-frame'], headers.server, headers['x-powered-by']], ['no', undefined, undefined]);
});

test('places are filled, and braces that are none stay', async (t) => {
  const value = '{method} {scheme}://{host}{path} {client.address} {"a":1}';
  const world = await stageFilters(t, [
    { headers: { request: { set: { 'x-about': value } }, response: { set: { 'x-id': '{requestId}', 'x-route': '{route}' } } } },
  ]);
  const { headers } = await world.ask('/a%20b');
  assert.equal(world.origin.seen[0]?.headers['x-about'], 'GET http://example.com/a%20b 127.0.0.1 {"a":1}');
  assert.equal(headers['x-route'], '/*');
  assert.equal(headers['x-id'], world.origin.seen[0]?.headers['x-request-id']);
});

test('replies of our own have them, too', async (t) => {
  const world = await stageFilters(t, [{ headers: { response: { set: { 'x-a': '1' } } } }], {
    services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false, retry: false } },
  });
  const { status, headers } = await world.ask('/');
  assert.deepEqual([status, headers['x-a']], [502, '1']);
});

test('fields of the gateway, values that would split a message, and places that are not known are faults', async (t) => {
  for (const [set, message] of [
    [{ 'content-length': '1' }, /must not be a field that the gateway writes itself/],
    [{ a: 'b\r\nc: d' }, /must be a header value of visible characters/],
    [{ a: '{hots}' }, /must not have \{hots\}.*there are \{host\}/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ headers: { request: { set } } }]), message);
  }
});
