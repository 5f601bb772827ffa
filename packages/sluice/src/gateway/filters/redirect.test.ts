import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

async function location(t: TestContext, redirect: unknown, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const world = await stageFilters(t, [{ redirect }], { listener: { forwarding: { trustedProxies: '127.0.0.1/32' } } });
  const answer = await world.ask(path, { headers });
  return answer.status >= 300 && answer.status < 400 ? `${answer.status} ${answer.headers.location}` : String(answer.status);
}

test('a template, with the status that keeps method and body', async (t) => {
  assert.equal(await location(t, 'https://{host}{path}{query}', '/a?b=1'), '308 https://example.com/a?b=1');
  assert.equal(await location(t, { to: '/new{path}', status: 302 }, '/a'), '302 /new/a');
});

test('an expression over the whole address; what it does not match goes on', async (t) => {
  const rule = { regex: '^http://([^/]+)/old/(?P<rest>.*)$', replacement: 'https://www.$1/new/${rest}', status: 301 };
  assert.equal(await location(t, rule, '/old/a/b?c=1'), '301 https://www.example.com/new/a/b?c=1');
  assert.equal(await location(t, rule, '/other'), '200');
  assert.equal(await location(t, { regex: '^http://[^/]+/x(.*)$', replacement: '$1' }, '/x//evil.example/'), '308 /evil.example/');
  const go = { regex: '^http://[^/]+/go\\?to=(.*)$', replacement: '/$1' };
  for (const to of ['\\evil.example', '/\\/evil.example', '\\\\evil.example'])
    assert.equal(await location(t, go, `/go?to=${to}`), '308 /evil.example');
  assert.equal(await location(t, { regex: '^http://[^/]+/x(.*)$', replacement: 'javascript:$1' }, '/xa'), '400');
});

test('canonical addresses: scheme, www, host and slash in one step', async (t) => {
  const rule = { scheme: 'https', www: 'remove', trailingSlash: 'remove' };
  assert.equal(await location(t, rule, '/a/?b', { host: 'www.example.com:8080' }), '308 https://example.com/a?b');
  assert.equal(await location(t, rule, '/a', { host: 'example.com', 'x-forwarded-proto': 'https' }), '200');
  assert.equal(await location(t, { www: 'add' }, '/', { host: 'example.com:81' }), '308 http://www.example.com:81/');
  assert.equal(await location(t, { www: 'add' }, '/', { host: '127.0.0.1' }), '200');
  assert.equal(await location(t, { trailingSlash: 'add' }, '/a/b'), '308 http://example.com/a/b/');
  assert.equal(await location(t, { trailingSlash: 'add' }, '/a/b.css'), '200');
  assert.equal(await location(t, { scheme: 'https', port: 8443 }, '/'), '308 https://example.com:8443/');
});

test('who is there already goes on', async (t) => {
  assert.equal(await location(t, 'http://{host}{path}{query}', '/a'), '200');
  assert.equal(await location(t, '/login', '/login'), '200');
});

test('a route with a redirect needs no service', async (t) => {
  const world = await stageFilters(t, [], { routes: [{ path: '/u/:id', filters: [{ redirect: { to: '/user?id={id}' } }] }] });
  assert.equal((await world.ask('/u/a%26b')).headers.location, '/user?id=a%26b');
});

test('nothing to do, two things, circles and unknown names are faults', async (t) => {
  for (const [redirect, message] of [
    [{}, /but has none/],
    [{ to: '/a', scheme: 'https' }, /but has more/],
    [{ to: '{path}{query}' }, /leads to where the client is already/],
    [{ to: '/{nobody}' }, /\{nobody\} is not known here/],
    [{ regex: '(', replacement: 'a' }, /cannot be used/],
    [{ regex: 'a' }, /must have regex and replacement together/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ redirect }]), message);
  }
});
