import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Router } from '../core/routing/router.ts';
import { checkLinearRegex, compileLinearRegex } from './regex.ts';

describe('compileLinearRegex', () => {
  test('matches the whole text only', () => {
    const matches = compileLinearRegex('/api/v[0-9]+/[^/]+');
    assert.equal(matches('/api/v12/users'), true);
    assert.equal(matches('/api/v12/users/1'), false);
    assert.equal(matches('/x/api/v12/users'), false);
    assert.equal(compileLinearRegex('a|ab')('ab'), true);
  });

  test('takes obs-text (bytes above 0x7f, read as latin1) as characters', () => {
    assert.equal(compileLinearRegex('a.b')('a\u00ffb'), true);
    assert.equal(compileLinearRegex('[^x]*')('\u0080\u00ff'), true);
  });

  test('throws when asked, not when made, if the expression was never checked', () => {
    const matches = compileLinearRegex('(?=a)b');
    assert.throws(() => matches('b'), /is not RE2 syntax/);
    assert.throws(() => matches('b'), /is not RE2 syntax/);
  });
});

describe('checkLinearRegex', () => {
  test('finds nothing wrong with what compiles', () => {
    assert.equal(checkLinearRegex('/v[0-9]+/[^/]{1,64}'), null);
  });
  for (const source of ['(', '(?=a)b', '(a)\\1', '[z-a]', 'a{2,1}', 'a'.repeat(2000)]) {
    test(`refuses ${source.slice(0, 20)} with a message that names it or its limit`, () => {
      assert.match(checkLinearRegex(source) ?? '', /regular expression (".+" is not RE2 syntax|of 2000 characters: at most 1024)/s);
    });
  }
});

describe('ReDoS', () => {
  test('an expression that repetition counts make large is refused', () => {
    assert.match(checkLinearRegex('/a{0,500}a{0,500}b') ?? '', /takes \d+ steps: at most 512/);
  });

  // Each makes a backtracking engine run for longer than the age of the universe on this text.
  const text = `/${'a'.repeat(4000)}!`;
  for (const source of ['/(a+)+b', '/(a|aa)+b', '/(a|a?)+b', '/(.*a){20}b', '/([a-zA-Z]+)*b', '/(a*)*(a*)*b', '/a{0,60}a{0,60}a{0,60}b']) {
    test(`a route with ${source} answers a hostile path in bounded time`, () => {
      const route = { listeners: [], priority: 0, hosts: [], methods: [], headers: [], cookies: [], query: [] };
      const router = new Router([{ ...route, path: { kind: 'regex', source } }], { listener: 'web', compileRegex: compileLinearRegex });
      const request = { method: 'GET', host: 'a', path: text, query: null, header: () => null };
      const start = performance.now();
      assert.equal(router.match(request), -1);
      assert.ok(performance.now() - start < 2000, 'linear in the text');
    });
  }
});
