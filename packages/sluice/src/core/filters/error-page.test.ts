import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorPage, prefersJson, problemJson } from './error-page.ts';

const VALUES = { status: 503, requestId: 'a-1', host: 'example.com', path: '/<script>"&' };

test('places are filled and escaped, other braces stay', () => {
  assert.equal(
    new ErrorPage('{status} {reason} {requestId} {path} {x} {').fill(VALUES),
    '503 Service Unavailable a-1 /&#60;script&#62;&#34;&#38; {x} {',
  );
  assert.match(new ErrorPage('').fill(VALUES), /<h1[^>]*>Service Unavailable<\/h1>.*<code>a-1<\/code>/s);
});

test('problem details say status, title and id', () => {
  assert.deepEqual(JSON.parse(problemJson(VALUES)), { type: 'about:blank', title: 'Service Unavailable', status: 503, requestId: 'a-1' });
});

test('JSON is for who rather takes it than HTML', () => {
  const cases: readonly (readonly [string | null, boolean])[] = [
    [null, false],
    ['*/*', false],
    ['application/json', true],
    ['application/problem+json, */*', true],
    ['text/html, application/json', false],
    ['application/json, text/html', true],
    ['text/html;q=0.5, application/json;q=0.9', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false],
    ['application/json;q=0', false],
    ['application/json;q=x', false],
  ];
  for (const [accept, expected] of cases) assert.equal(prefersJson(accept), expected, String(accept));
});
