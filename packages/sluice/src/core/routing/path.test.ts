import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normalizePath, type PathOptions } from './path.ts';

const strict: PathOptions = { mergeSlashes: false, encodedSlashes: 'reject' };
const merging: PathOptions = { mergeSlashes: true, encodedSlashes: 'reject' };
const keeping: PathOptions = { mergeSlashes: false, encodedSlashes: 'keep' };

const cases: readonly (readonly [string, string | null, PathOptions?])[] = [
  ['/', '/'],
  ['/a/b.c/~d-e_f', '/a/b.c/~d-e_f'],
  ["/a;b=1/!$&'()*+,;=:@", "/a;b=1/!$&'()*+,;=:@"],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/a/..', '/'],
  ['/.', '/'],
  ['/.well-known/acme', '/.well-known/acme'],
  ['/...', '/...'],
  ['/..a/.b', '/..a/.b'],
  ['/a//b', '/a//b'],
  ['//', '//'],
  ['/a//../b', '/a/b'],
  ['/a//b///', '/a/b/', merging],
  ['//', '/', merging],
  ['/a//../b', '/b', merging],
  ['//../b', '/b'],
  ['//../b', null, merging],
  ['/%61%7E%2d', '/a~-'],
  ['/%7euser', '/~user'],
  ['/a%2fb', null],
  ['/a%5Cb', null],
  ['/a%2fb%5c', '/a%2Fb%5C', keeping],
  ['/a%20b%c3%a9', '/a%20b%C3%A9'],
  ['/%40%3a', '/%40%3A'],
  ['/a|b^{}`"[]', '/a%7Cb%5E%7B%7D%60%22%5B%5D'],
  ['', null],
  ['a', null],
  ['*', null],
  ['/%', null],
  ['/%4', null],
  ['/%4/1', null],
  ['/%4g', null],
  ['/%00', null],
  ['/a\u0000', null],
  ['/a\n', null],
  ['/a b', null],
  ['/a\\b', null],
  ['/a#b', null],
  ['/a?b', null],
  ['/<script>', null],
  ['/\u00e9', null],
  ['/\u007f', null],
];

describe('normalizePath', () => {
  for (const [path, expected, options = strict] of cases) {
    test(`turns ${JSON.stringify(path)} into ${JSON.stringify(expected)}`, () => {
      assert.equal(normalizePath(path, options), expected);
    });
  }

  test('decodes once: what it decoded is not decoded again', () => {
    assert.equal(normalizePath('/%252e%252e/%2541', strict), '/%252e%252e/%2541');
  });

  test('takes time linear in the length, also for paths that climb', () => {
    const path = `/${'a'.repeat(100_000)}${'/b/..'.repeat(100_000)}`;
    assert.equal(normalizePath(path, strict)?.length, 100_002);
  });
});

describe('path normalisation bypass', () => {
  const bypasses = [
    '/..',
    '/a/../../b',
    '/%2e%2e/admin',
    '/%2E./admin',
    '/public/..;/admin',
    '/public/..;x=y/admin',
    '/.;/admin',
    '/public/%2e%2e;x/admin',
    '/public/..%3b/admin',
    '/.%3Bx/admin',
    '/public%2f..%2fadmin',
    '/public/..%5cadmin',
    '/public/..\\admin',
    '/admin%00.png',
  ];
  for (const path of bypasses) test(`${path} is refused`, () => assert.equal(normalizePath(path, strict), null));

  for (const path of ['/a%2f..%2fadmin', '/a/..%2fadmin', '/a%5c..', '/a%2F%2e%2e', '/a%2f..;x%2fadmin', '/a%2f.%2fb']) {
    test(`${path} is refused though encoded slashes are kept`, () => assert.equal(normalizePath(path, keeping), null));
  }

  for (const path of ['/public/../admin', '/public/%2e%2e/admin', '/./admin', '/%61dmin', '/%41/../admin', '/x/.%2e/admin']) {
    test(`${path} is seen as /admin`, () => assert.equal(normalizePath(path, strict), '/admin'));
  }
});

const piece = fc.constantFrom(
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E',
  '%2f',
  '%5C',
  '%3b',
  '%61',
  '%C3',
  '%',
  '%25',
  ';',
  'a',
  'Z',
  '|',
  '[',
  '~',
  '%7e',
  '%00',
);
const wild = fc.array(piece, { maxLength: 14 }).map((parts) => `/${parts.join('')}`);
const options = fc.record<PathOptions>({ mergeSlashes: fc.boolean(), encodedSlashes: fc.constantFrom('reject', 'keep') });

/** What a lenient origin makes of a path: decodes everything, takes `\` for `/`, drops path parameters. */
function asOriginReads(path: string): string[] {
  return path
    .replaceAll(/%2f|%5c/gi, '/')
    .replaceAll(/%2e/gi, '.')
    .replaceAll(/%3b/gi, ';')
    .split('/')
    .map((segment) => segment.split(';')[0]!);
}

describe('normalizePath, for any path', () => {
  test('is idempotent', () => {
    fc.assert(
      fc.property(wild, options, (path, choice) => {
        const once = normalizePath(path, choice);
        if (once !== null) assert.equal(normalizePath(once, choice), once);
      }),
      { numRuns: 5000 },
    );
  });

  test('never lets a dot segment through, however an origin reads it (path normalisation bypass)', () => {
    fc.assert(
      fc.property(wild, options, (path, choice) => {
        const canonical = normalizePath(path, choice);
        if (canonical === null) return;
        for (const segment of asOriginReads(canonical)) assert.ok(segment !== '.' && segment !== '..', canonical);
      }),
      { numRuns: 5000 },
    );
  });

  test('gives what the URL standard gives, where that accepts the same characters', () => {
    const plain = fc.array(fc.constantFrom('/', 'a', 'b', '.', '..', '%20', '%C3%A9', ':', '@', '..a'), { maxLength: 12 });
    fc.assert(
      fc.property(plain, (parts) => {
        const path = `/a${parts.join('')}`;
        const canonical = normalizePath(path, strict);
        if (canonical !== null) assert.equal(canonical, new URL(`http://h${path}`).pathname);
      }),
      { numRuns: 3000 },
    );
  });

  test('returns the very string when it is canonical', () => {
    const path = '/api/v1/users/12345/orders.json';
    assert.ok(Object.is(normalizePath(path, merging), path));
  });
});
