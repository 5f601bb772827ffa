import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouteMatcher, RouteRequest } from './matcher.ts';
import type { CompileRegex } from './regex.ts';
import { Router } from './router.ts';

const compileRegex: CompileRegex = (source) => {
  const expression = new RegExp(`^(?:${source})$`);
  return (text) => expression.test(text);
};

const anyRoute: Omit<RouteMatcher, 'path'> = { listeners: [], priority: 0, hosts: [], methods: [], headers: [], cookies: [], query: [] };

/** A route from a path as people write it: `~` starts a regular expression. */
function route(path: string, rest: Partial<RouteMatcher> = {}): RouteMatcher {
  if (path.startsWith('~')) return { ...anyRoute, path: { kind: 'regex', source: path.slice(1) }, ...rest };
  if (path.includes(':')) return { ...anyRoute, path: { kind: 'pattern', pattern: path }, ...rest };
  if (path.endsWith('/*')) return { ...anyRoute, path: { kind: 'prefix', path: path.slice(0, -2) }, ...rest };
  return { ...anyRoute, path: { kind: 'exact', path }, ...rest };
}

function request(path: string, rest: Partial<RouteRequest> & { headers?: Record<string, string> } = {}): RouteRequest {
  const headers = rest.headers ?? {};
  return { method: 'GET', host: 'example.com', path, query: null, header: (name) => headers[name] ?? null, ...rest };
}

const routerOf = (...routes: RouteMatcher[]): Router => new Router(routes, { listener: 'web', compileRegex });

/** Both orders of configuration must give the same winner, or order decided and not specificity. */
function assertBefore(first: RouteMatcher, second: RouteMatcher, asked: RouteRequest): void {
  assert.equal(routerOf(first, second).match(asked), 0);
  assert.equal(routerOf(second, first).match(asked), 1);
}

describe('a path condition', () => {
  const matching: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['/a', ['/a'], ['/a/', '/ab', '/', '/A', '/a/b']],
    ['/', ['/'], ['/a', '*']],
    ['/a/*', ['/a', '/a/', '/a/b', '/a/b/c', '/a//'], ['/ab', '/', '/b', '//a']],
    ['/*', ['/', '/a', '/a/b', '*', ''], []],
    ['/users/:id', ['/users/1', '/users/a%20b'], ['/users', '/users/', '/users/1/', '/users/1/x', '/user/1']],
    ['/:a/x/:b', ['/1/x/2'], ['//x/2', '/1/x/', '/1/y/2']],
    ['/u/:id/*', ['/u/1', '/u/1/', '/u/1/x/y'], ['/u', '/u/', '/u//x']],
    ['~/v[0-9]+/.*', ['/v1/', '/v12/x'], ['/v/', '/v1', '/x/v1/']],
    ['/%7Euser', ['/~user'], ['/%7Euser']],
  ];
  for (const [path, fits, others] of matching) {
    test(`${path} matches what it says and nothing else`, () => {
      const router = routerOf(route(path));
      for (const text of fits) assert.equal(router.match(request(text)), 0, text);
      for (const text of others) assert.equal(router.match(request(text)), -1, text);
    });
  }
});

describe('a host condition', () => {
  test('*.example.com takes one label or more, never the bare domain', () => {
    const router = routerOf(route('/*', { hosts: ['*.example.com'] }));
    for (const host of ['a.example.com', 'a.b.example.com']) assert.equal(router.match(request('/', { host })), 0, host);
    for (const host of ['example.com', 'aexample.com', 'a.example.org', 'example.com.a', ''])
      assert.equal(router.match(request('/', { host })), -1, host);
  });

  test('is canonicalised like the request', () => {
    const router = routerOf(route('/*', { hosts: ['Example.COM:80', '[0::1]'] }));
    assert.equal(router.match(request('/')), 0);
    assert.equal(router.match(request('/', { host: '[::1]' })), 0);
  });

  test('that is not valid is refused when the router is built', () => {
    assert.throws(() => routerOf(route('/*', { hosts: ['a b'] })), /route host "a b"/);
  });

  test('a host of many labels costs no more look-ups than the longest suffix has labels', () => {
    const router = routerOf(route('/*', { hosts: ['*.b.example'] }));
    assert.equal(router.match(request('/', { host: `${'a.'.repeat(100)}b.example` })), 0);
    assert.equal(router.match(request('/', { host: 'a.'.repeat(120) + 'c' })), -1);
  });
});

describe('the order of routes', () => {
  const asked = request('/a/b', { host: 'x.example.com', query: 'q=1', headers: { h: '1', cookie: 'c=1' } });
  const header = { headers: [{ name: 'h', kind: 'present', value: '' }] } as const;
  const steps: readonly (readonly [string, RouteMatcher, RouteMatcher])[] = [
    ['priority before everything', route('/*', { priority: 1 }), route('/a/b', { hosts: ['x.example.com'], ...header })],
    ['a negative priority after everything', route('/*'), route('/a/b', { priority: -1 })],
    ['exact host before suffix', route('/*', { hosts: ['x.example.com'] }), route('/a/b', { hosts: ['*.example.com'] })],
    ['longer suffix before shorter', route('/*', { hosts: ['*.example.com'] }), route('/a/b', { hosts: ['*.com'] })],
    ['suffix before any host', route('/*', { hosts: ['*.com'] }), route('/a/b')],
    ['exact path before pattern', route('/a/b'), route('/a/:x', header)],
    ['a pattern that ends before an open one', route('/a/:x'), route('/a/b/*')],
    ['more literal segments before fewer', route('/a/:x'), route('/:x/:y', header)],
    ['the literal further left first', route('/a/:x'), route('/:x/b', header)],
    ['longer prefix before shorter', route('/a/b/*'), route('/a/*', header)],
    ['a literal prefix before an open pattern that contains it', route('/a/b/*'), route('/a/:x/*', header)],
    ['an open pattern before the prefix that contains it', route('/a/:x/*'), route('/a/*', header)],
    ['prefix before regular expression', route('/a/*'), route('~/a/.*', header)],
    ['regular expression before /*', route('~.*'), route('/*', header)],
    ['more conditions before fewer', route('/a/*', { ...header, methods: ['GET'] }), route('/a/*', header)],
  ];
  for (const [name, first, second] of steps) test(name, () => assertBefore(first, second, asked));

  test('the configuration decides between equals', () => {
    assert.equal(routerOf(route('~/a/.*'), route('~/.*/b')).match(asked), 0);
    assert.equal(routerOf(route('/a/*'), route('/a/*')).match(asked), 0);
  });

  test('a more specific route whose conditions fail gives way to the next', () => {
    const router = routerOf(route('/*'), route('/a/*'), route('/a/b', { methods: ['POST'] }), route('/:x/b', { methods: ['PUT'] }));
    assert.equal(router.match(asked), 1);
    assert.equal(router.match(request('/a/b', { method: 'PUT' })), 3);
    assert.equal(router.match(request('/a/b', { method: 'POST' })), 2);
  });

  test('a dead end under a literal falls back to the parameter beside it', () => {
    const router = routerOf(route('/a/b/c'), route('/a/b/:x/y'), route('/a/:x/c/z'), route('/:x/b/c/z/*'));
    assert.equal(router.match(request('/a/b/c/z')), 2);
    assert.equal(router.match(request('/a/b/q/z')), -1);
    assert.equal(router.match(request('/q/b/c/z/r')), 3);
  });
});

describe('what a match leaves behind', () => {
  test('parameters, their names and the rest', () => {
    const router = routerOf(route('/users/:id/files/:file/*'), route('/files/*'), route('/x'));
    assert.equal(router.match(request('/users/7/files/a%20b/c/d')), 0);
    assert.deepEqual([router.paramNames, router.params, router.rest], [['id', 'file'], ['7', 'a%20b'], 'c/d']);
    assert.equal(router.match(request('/files/a/b/')), 1);
    assert.deepEqual([router.paramNames, router.params, router.rest], [[], [], 'a/b/']);
    assert.equal(router.match(request('/x')), 2);
    assert.deepEqual([router.paramNames, router.params, router.rest], [[], [], '']);
  });

  test('nothing after a miss', () => {
    const router = routerOf(route('/:a'));
    router.match(request('/1'));
    assert.equal(router.match(request('/1/2')), -1);
    assert.deepEqual([router.paramNames, router.params, router.rest], [[], [], '']);
  });

  test('the rest is empty for the bare prefix', () => {
    const router = routerOf(route('/a/*'));
    for (const path of ['/a', '/a/']) {
      router.match(request(path));
      assert.equal(router.rest, '');
    }
  });
});

test('routes of other listeners are left out, indexes are kept', () => {
  const router = routerOf(route('/*', { listeners: ['admin'] }), route('/*', { listeners: ['web', 'x'] }), route('/*'));
  assert.equal(router.match(request('/')), 1);
});

test('names of the prototype chain are names like others (prototype keys)', () => {
  const router = routerOf(route('/a/b'), route('/a/*', { hosts: ['a.example'] }));
  for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(router.match(request(`/${name}/${name}`, { host: name })), -1);
  assert.equal(routerOf(route('/__proto__/constructor')).match(request('/__proto__/constructor')), 0);
});

describe('authorisation fail-open', () => {
  const failing: CompileRegex = () => () => {
    throw new Error('the engine tripped');
  };
  const open = route('/*');
  test('a path matcher that fails is no match', () => {
    const router = new Router([route('~/admin'), open], { listener: 'web', compileRegex: failing });
    assert.equal(router.match(request('/admin')), 1);
  });
  for (const kind of ['headers', 'cookies', 'query'] as const) {
    test(`a matcher of ${kind} that fails is no match`, () => {
      const guarded = route('/admin', { [kind]: [{ name: 'x', kind: 'regex', value: '.*' }] });
      const router = new Router([guarded], { listener: 'web', compileRegex: failing });
      assert.equal(router.match(request('/admin', { query: 'x=1', headers: { x: '1', cookie: 'x=1' } })), -1);
    });
  }
  test('a request that cannot give its headers matches no route that asks for one', () => {
    const router = routerOf(route('/*', { headers: [{ name: 'x', kind: 'present', value: '' }] }));
    const broken = request('/', {
      header: () => {
        throw new Error('torn');
      },
    });
    assert.equal(router.match(broken), -1);
  });
  test('a parameter value that cannot be decoded matches no condition', () => {
    const router = routerOf(route('/*', { query: [{ name: 'x', kind: 'prefix', value: '' }] }));
    assert.equal(router.match(request('/', { query: 'x=%ff' })), -1);
    assert.equal(router.match(request('/', { query: 'x=%' })), -1);
  });
});

test('an expression or pattern that is not valid is refused when the router is built', () => {
  assert.throws(() => routerOf(route('~(')), /Invalid regular expression/);
  assert.throws(() => routerOf(route('/:a/:a')), /parameter ":a" stands twice/);
  assert.throws(() => routerOf(route('/a/../b/../..')), /never matches/);
});

describe("a condition on the client's certificate", () => {
  const client = { subject: 'CN=alice,O=Example', names: ['DNS:alice.example', 'URI:spiffe://example/alice'], fingerprint: 'ab12' };
  const cases: readonly (readonly [Parameters<typeof route>[1], boolean])[] = [
    [{ client: [{ name: 'subject', kind: 'equal', value: 'CN=alice,O=Example' }] }, true],
    [{ client: [{ name: 'subject', kind: 'prefix', value: 'CN=alice,' }] }, true],
    [{ client: [{ name: 'subject', kind: 'equal', value: 'CN=alice' }] }, false],
    [{ client: [{ name: 'san', kind: 'regex', value: 'URI:spiffe://example/.*' }] }, true],
    [{ client: [{ name: 'san', kind: 'equal', value: 'DNS:bob.example' }] }, false],
    [{ client: [{ name: 'fingerprint', kind: 'equal', value: 'ab12' }] }, true],
    [{ client: [{ name: 'subject', kind: 'present', value: '' }] }, true],
  ];

  test('looks at the subject, any of the names, or the fingerprint', () => {
    for (const [rest, isMatching] of cases) {
      assert.equal(routerOf(route('/a', rest)).match(request('/a', { client })), isMatching ? 0 : -1, JSON.stringify(rest));
    }
  });

  test('holds for nobody who shows none', () => {
    for (const [rest] of cases) {
      assert.equal(routerOf(route('/a', rest)).match(request('/a')), -1);
      assert.equal(routerOf(route('/a', rest)).match(request('/a', { client: null })), -1);
    }
  });

  test('makes a route more specific', () => {
    const named = route('/a', { client: [{ name: 'subject', kind: 'present', value: '' }] });
    assertBefore(named, route('/a'), request('/a', { client }));
  });
});
