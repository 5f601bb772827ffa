import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentTooLarge, defineFilter } from '../core/filters/custom-filter.ts';
import { testFilter } from './test-filter.ts';

const guard = defineFilter<{ token: string }>(async (request, next, { token }) => {
  if (request.headers.get('x-token') !== token) return { status: 403, body: 'no' };
  request.headers.delete('x-token');
  request.path = `/v2${request.path}`;
  const reply = await next();
  reply.headers.set('x-served-by', 'sluice');
  return reply;
});

test('a filter that answers by itself forwards nothing', async () => {
  const { status, body, forwarded, headers } = await testFilter(guard, { options: { token: 'a' } });
  assert.deepEqual([status, body, forwarded, headers.get('content-type')], [403, 'no', null, 'text/plain; charset=utf-8']);
});

test('what the service is asked and what the client gets are seen', async () => {
  const { status, body, forwarded, headers } = await testFilter(guard, {
    options: { token: 'a' },
    request: { url: 'https://example.com/users?x=1', headers: { 'X-Token': 'a', 'x-b': ['1', '2'] } },
    reply: ({ path }) => ({ status: 201, body: `saw ${path}` }),
  });
  assert.deepEqual([status, body, headers.get('x-served-by')], [201, 'saw /v2/users', 'sluice']);
  assert.deepEqual([forwarded?.query, forwarded?.headers.get('x-token'), forwarded?.headers.get('x-b')], ['x=1', null, '1, 2']);
});

test('a filter that returns nothing lets pass; one that calls next twice, or returns no reply, fails as in the gateway', async () => {
  assert.equal((await testFilter(() => undefined)).status, 200);
  await assert.rejects(
    testFilter(async (_, next) => {
      await next();
      return await next();
    }),
    /next\(\) was called twice/,
  );
  await assert.rejects(
    testFilter(() => ({ status: 42 })),
    /whole number 200\.\.599, got 42/,
  );
  await assert.rejects(
    testFilter((request) => request.headers.set('x', 'a\nb')),
    /U\+000A/,
  );
});

test('content is bounded as in the gateway', async () => {
  const reader = defineFilter(async (request) => ({ status: 200, body: await request.text(3) }));
  assert.equal((await testFilter(reader, { request: { method: 'POST', body: 'abc' } })).body, 'abc');
  await assert.rejects(testFilter(reader, { request: { method: 'POST', body: 'abcd' } }), ContentTooLarge);
});
