import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import { extension, fileType } from './file-type.ts';
import { listingPage } from './listing.ts';
import { matchesPattern } from './path-pattern.ts';
import { judgePreconditions, type PreconditionResult } from './preconditions.ts';

test('the end of a name says its type; an unknown one is for saving', () => {
  assert.equal(fileType('a/b.HTML', {}), 'text/html; charset=utf-8');
  assert.equal(fileType('b.tar.gz', {}), 'application/gzip');
  assert.equal(fileType('b.constructor', {}), 'application/octet-stream');
  assert.equal(fileType('Makefile', {}), 'application/octet-stream');
  assert.equal(fileType('a.ts', { ts: 'text/x-typescript' }), 'text/x-typescript');
  assert.deepEqual(['a.b/c', '.env', 'a/.env', 'x.'].map(extension), ['', '', '', '']);
});

describe('a pattern', () => {
  const cases: readonly (readonly [pattern: string, path: string, fits: boolean])[] = [
    ['*', '/', true],
    ['/a/*', '/a/b/c', true],
    ['/a/*', '/ab', false],
    ['*.html', '/x/index.html', true],
    ['*.html', '/x/index.htm', false],
    ['/*-????.js', '/app-1234.js', false],
    ['/a*b*c', '/aXbYbc', true],
    ['/a*b*c', '/aXbYb', false],
    ['/a', '/a', true],
    ['', '/', false],
  ];
  for (const [pattern, path, fits] of cases)
    test(`${pattern} ${fits ? 'fits' : 'does not fit'} ${path}`, () => assert.equal(matchesPattern(path, pattern), fits));

  test('of many stars is answered in no time', () => {
    const started = performance.now();
    matchesPattern(`/${'a'.repeat(4000)}`, `${'*a'.repeat(500)}b`);
    assert.ok(performance.now() - started < 1000);
  });
});

describe('preconditions', () => {
  const MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const file: Record<string, string> = { etag: '"one"', 'last-modified': MODIFIED, date: 'Fri, 02 Jan 2026 00:00:00 GMT' };
  const selected = { status: 200, fields: { get: (name: string) => file[name] ?? null }, receivedAt: timestamp(Date.UTC(2026, 0, 2)) };
  const cases: readonly (readonly [request: Record<string, string>, result: PreconditionResult])[] = [
    [{}, 'serve'],
    [{ 'if-none-match': '"one"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"one"' }, 'not-modified'],
    [{ 'if-none-match': '"two", "three"' }, 'serve'],
    [{ 'if-none-match': '"two"', 'if-modified-since': MODIFIED }, 'serve'],
    [{ 'if-modified-since': MODIFIED }, 'not-modified'],
    [{ 'if-modified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 'serve'],
    [{ 'if-match': '"one"' }, 'serve'],
    [{ 'if-match': '"two", "one"' }, 'serve'],
    [{ 'if-match': '*' }, 'serve'],
    [{ 'if-match': '"two"' }, 'failed'],
    [{ 'if-match': 'W/"one"' }, 'failed'],
    [{ 'if-match': '"one"', 'if-none-match': '"one"' }, 'not-modified'],
    [{ 'if-unmodified-since': MODIFIED }, 'serve'],
    [{ 'if-unmodified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 'failed'],
    [{ 'if-unmodified-since': 'yesterday' }, 'serve'],
    [{ 'if-match': '"one"', 'if-unmodified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 'serve'],
  ];
  for (const [request, result] of cases) {
    test(`${JSON.stringify(request)}: ${result}`, () =>
      assert.equal(judgePreconditions(selected, { get: (name) => request[name] ?? null }), result));
  }
});

test('nothing of a name gets out of its link', () => {
  const page = listingPage(
    '/<b>/',
    [
      { name: '"><script>alert(1)</script>', isDirectory: false },
      { name: 'javascript:x', isDirectory: true },
    ],
    true,
  );
  assert.ok(!page.includes('<script') && !page.includes('<b>'));
  assert.match(page, /<a href="\.\/javascript%3Ax\/">/);
  assert.match(page, /There are more/);
});
