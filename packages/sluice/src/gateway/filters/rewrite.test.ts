import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

async function asked(t: TestContext, filters: readonly unknown[], path: string): Promise<readonly unknown[]> {
  const world = await stageFilters(t, filters);
  const { status } = await world.ask(path, { headers: { 'x-forwarded-prefix': '/forged' } });
  const [seen] = world.origin.seen;
  return [status, seen?.url, seen?.headers['x-forwarded-prefix']];
}

test('prefixes are taken away at a slash, and told of', async (t) => {
  const filters = [{ rewrite: { stripPrefix: ['/api', '/v1/'] } }];
  assert.deepEqual(await asked(t, filters, '/api/users?a=/api'), [200, '/users?a=/api', '/api']);
  assert.deepEqual(await asked(t, filters, '/api'), [200, '/', '/api']);
  assert.deepEqual(await asked(t, filters, '/v1/a'), [200, '/a', '/v1']);
  assert.deepEqual(await asked(t, filters, '/apis'), [200, '/apis', undefined]);
  assert.deepEqual(await asked(t, filters, '/api//evil.example/a'), [200, '/evil.example/a', '/api']);
});

test('expressions, whole paths and prefixes', async (t) => {
  assert.deepEqual(await asked(t, [{ rewrite: { regex: '^/v1/(?P<rest>.*)$', replacement: '/v2/${rest}' } }], '/v1/a%20b?c'), [
    200,
    '/v2/a%20b?c',
    undefined,
  ]);
  assert.deepEqual(await asked(t, [{ rewrite: { replacePath: '/index.html' } }], '/a/b?c'), [200, '/index.html?c', undefined]);
  assert.deepEqual(await asked(t, [{ rewrite: { stripPrefix: '/a', addPrefix: '/b', forwardedPrefix: false } }], '/a/c'), [
    200,
    '/b/c',
    undefined,
  ]);
});

test('two rewrites, one after the other', async (t) => {
  assert.deepEqual(await asked(t, [{ rewrite: { stripPrefix: '/a' } }, { rewrite: { addPrefix: '/b' } }], '/a/c?d'), [200, '/b/c?d', '/a']);
});

test('what would be no path any more is refused', async (t) => {
  assert.deepEqual(await asked(t, [{ rewrite: { regex: '^/x(.*)$', replacement: '/..$1' } }], '/x/etc'), [400, undefined, undefined]);
});

test('nothing to do, useless steps and bad paths are faults', async (t) => {
  for (const [rewrite, message] of [
    [{}, /must have at least one of stripPrefix/],
    [{ stripPrefix: 'api' }, /must be a path/],
    [{ addPrefix: '/../a' }, /must be a path/],
    [{ replacePath: '/a', addPrefix: '/b' }, /makes addPrefix useless/],
    [{ regex: '(', replacement: 'a' }, /cannot be used/],
    [{ regex: '(a)', replacement: '/$2' }, /has the group 2, which the expression has not/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ rewrite }]), message);
  }
});
