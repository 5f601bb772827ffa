import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TextFields } from './fields.ts';
import { DEFAULT_KEY, type KeyOptions, KeyRule } from './request-key.ts';

function key(query: string | null, options: Partial<KeyOptions> = {}, request = ''): string {
  return new KeyRule({ ...DEFAULT_KEY, ...options }).key(
    { scheme: 'https', host: 'a.example', path: '/p', query },
    new TextFields(request),
  );
}

const include = (...names: string[]) => ({ query: { kind: 'include', names } }) as const;
const exclude = (...names: string[]) => ({ query: { kind: 'exclude', names } }) as const;

describe('the key of a request', () => {
  test('is the URI with its query as sent (RFC 9111 §2)', () => {
    assert.equal(key('b=1&a=2'), 'https://a.example/p?b=1&a=2');
    assert.equal(key(null), 'https://a.example/p');
    assert.notEqual(key(''), key(null));
    assert.notEqual(key('a=1'), key('a=2'));
  });

  test('may leave out the query, or name parameters', () => {
    assert.equal(key('a=1', { query: { kind: 'none' } }), 'https://a.example/p');
    assert.equal(key('a=1&b=2&a=3&c', include('a', 'c')), 'https://a.example/p?a=1&a=3&c');
    assert.equal(key('a=1&utm_source=x&utm_id&b', exclude('utm_*', 'b')), 'https://a.example/p?a=1');
    assert.equal(key('utm_id=1', exclude('utm_*')), 'https://a.example/p');
  });

  test('may order parameters; repeated ones keep their order', () => {
    assert.equal(key('b=1&a=2&b=0&a=1', { isSorted: true }), 'https://a.example/p?a=2&a=1&b=1&b=0');
    assert.equal(key('a=2&b=1', { isSorted: true }), key('b=1&a=2', { isSorted: true }));
  });

  test('names are compared with unreserved characters decoded (RFC 3986 §6.2.2)', () => {
    assert.equal(key('utm%5Fid=1&%75tm_id=2&x=1', exclude('utm_id')), 'https://a.example/p?x=1');
    assert.equal(key('a%2fb=1&c=2', include('a%2Fb')), 'https://a.example/p?a%2fb=1');
    assert.equal(key('a%=1', exclude('a%')), 'https://a.example/p');
  });

  test('a parameter with a semicolon is never left out: the origin may see two (parameter cloaking)', () => {
    assert.equal(key('utm_x=1;callback=evil&a=1', exclude('utm_*')), 'https://a.example/p?utm_x=1;callback=evil&a=1');
    assert.equal(key('b=1;a=2', include('a')), 'https://a.example/p?b=1;a=2');
  });

  test('has keyed headers and cookies, absent not being empty', () => {
    const options = { headers: ['x-a'], cookies: ['s'] };
    assert.equal(key(null, options, 'X-A: 1\r\nCookie: t=0; s=abc; s=d\r\n'), 'https://a.example/p\nh:x-a=1:1\nc:s=3:abc');
    assert.equal(key(null, options), 'https://a.example/p\nh:x-a\nc:s');
    assert.equal(key(null, options, 'X-A:\r\nCookie: ss=1; s=\r\n'), 'https://a.example/p\nh:x-a=0:\nc:s=0:');
    assert.equal(key(null, { cookies: ['s'] }, 'Cookie: a;s=1;b=2\r\n'), 'https://a.example/p\nc:s=1:1');
    assert.equal(key(null, { cookies: ['s'] }, 'Cookie: a;b=s=1\r\n'), 'https://a.example/p\nc:s');
  });
});
