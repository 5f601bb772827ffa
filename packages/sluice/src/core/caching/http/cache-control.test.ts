import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ABSENT, INVALID, parseCacheControl } from './cache-control.ts';
import { DELTA_MAX } from './delta-seconds.ts';

describe('Cache-Control', () => {
  test('directives are read in any case, with any blanks around commas (RFC 9111 §5.2)', () => {
    const control = parseCacheControl(' MaX-aGe=3600 ,, No-StOrE,\tpublic');
    assert.equal(control.maxAge, 3600);
    assert.ok(control.isNoStore && control.isPublic);
    assert.equal(control.sMaxage, ABSENT);
  });

  test('an argument may be a quoted string (RFC 9111 §5.2)', () => {
    assert.equal(parseCacheControl('max-age="3600"').maxAge, 3600);
    assert.equal(parseCacheControl('s-maxage="12\\3"').sMaxage, 123);
  });

  test('a directive inside a quoted string is none (RFC 9110 §5.6.4)', () => {
    assert.equal(parseCacheControl('extension="max-age=3600", max-age=1').maxAge, 1);
    assert.equal(parseCacheControl('max-age=1, extension="max-age=3600"').maxAge, 1);
    assert.equal(parseCacheControl('a="x, no-store", public').isNoStore, false);
    assert.equal(parseCacheControl('a="x\\", no-store", public').isNoStore, false);
  });

  test('an empty quoted string is closed', () => {
    assert.equal(parseCacheControl('a="", max-age=5').maxAge, 5);
    assert.ok(parseCacheControl('a="",no-store,b=""').isNoStore);
    assert.equal(parseCacheControl('max-age=""').maxAge, INVALID);
  });

  test('delta-seconds are digits, leading zeros allowed, and saturate at 2^31 (RFC 9111 §1.2.2)', () => {
    assert.equal(parseCacheControl('max-age=003600').maxAge, 3600);
    assert.equal(parseCacheControl('max-age=2147483647').maxAge, 2147483647);
    assert.equal(parseCacheControl('max-age=2147483649').maxAge, DELTA_MAX);
    assert.equal(parseCacheControl(`max-age=${'9'.repeat(400)}`).maxAge, DELTA_MAX);
  });

  test('a lifetime that cannot be read is there and invalid, which is stale (RFC 9111 §4.2.1)', () => {
    for (const text of ['-3600', "'3600'", '3600.0', 'a3600', '3600a', '', ' 3600', '"36 00"', '"3600']) {
      assert.equal(parseCacheControl(`max-age=${text}`).maxAge, INVALID, text);
    }
    assert.equal(parseCacheControl('max-age =3600').maxAge, INVALID);
    assert.equal(parseCacheControl('max-age').maxAge, INVALID);
    assert.equal(parseCacheControl('stale-if-error=x').staleIfError, INVALID);
  });

  test('of repeated lifetimes the first counts (RFC 9111 §4.2.1)', () => {
    assert.equal(parseCacheControl('max-age=1800, max-age=1').maxAge, 1800);
    assert.equal(parseCacheControl('max-age=1, max-age=1800').maxAge, 1);
    assert.equal(parseCacheControl('max-age=x, max-age=1800').maxAge, INVALID);
  });

  test('private that names fields, or is malformed, is private (RFC 9111 §5.2.2.7)', () => {
    for (const text of ['private="a"', 'private=" authorization"', 'private=', 'private="a', 'private;x', 'private =a', 'PRIVATE']) {
      assert.ok(parseCacheControl(`max-age=60, ${text}`).isPrivate, text);
    }
    assert.equal(parseCacheControl('private-x, xprivate').isPrivate, false);
  });

  test('no-cache that names fields keeps their names, a broken list is no-cache (RFC 9111 §5.2.2.4)', () => {
    const control = parseCacheControl('no-cache="A, b" , no-cache=c');
    assert.deepEqual(control.noCacheFields, ['a', 'b', 'c']);
    assert.equal(control.isNoCache, false);
    for (const text of [
      'no-cache=""',
      'no-cache="a b"',
      'no-cache="a,,b"',
      'no-cache=',
      'no-cache="a',
      'no-cache',
      `no-cache="${'a,'.repeat(40)}a"`,
    ]) {
      assert.ok(parseCacheControl(text).isNoCache, text);
    }
    assert.ok(parseCacheControl('no-cache="a", no-cache').isNoCache);
  });

  test('what restricts holds with a wrong argument, what permits does not (robust and strict)', () => {
    const control = parseCacheControl('no-store=1, must-revalidate=x, proxy-revalidate;y, public=1, must-understand=""');
    assert.ok(control.isNoStore && control.isMustRevalidate && control.isProxyRevalidate);
    assert.ok(!control.isPublic && !control.isMustUnderstand);
  });

  test('a quote that is never closed hides nothing, and nothing after it permits', () => {
    const control = parseCacheControl('a="x, no-store, max-age=60, public');
    assert.ok(control.isNoStore);
    assert.ok(!control.isPublic);
    assert.equal(control.maxAge, INVALID);
  });

  test('max-stale may stand without an argument (RFC 9111 §5.2.1.2)', () => {
    assert.equal(parseCacheControl('max-stale').maxStale, DELTA_MAX);
    assert.equal(parseCacheControl('max-stale=5').maxStale, 5);
    assert.equal(parseCacheControl('max-stale=').maxStale, INVALID);
    assert.equal(parseCacheControl(null).maxStale, ABSENT);
  });

  test('the windows of RFC 5861 are read', () => {
    const control = parseCacheControl('max-age=1, stale-while-revalidate=30, stale-if-error=86400');
    assert.deepEqual([control.staleWhileRevalidate, control.staleIfError], [30, 86400]);
  });
});
