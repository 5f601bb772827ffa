import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effectiveControl } from './effective-control.ts';
import { TextFields } from './fields.ts';
import { DEFAULT_STORABILITY, mayStore, type Storability, type StorabilityOptions } from './storability.ts';

interface Case {
  readonly method?: string;
  readonly request?: string;
  readonly status?: number;
  readonly isComplete?: boolean;
  readonly options?: Partial<StorabilityOptions>;
}

function judge(response: string, { method = 'GET', request = '', status = 200, isComplete = true, options = {} }: Case = {}): Storability {
  const fields = new TextFields(response);
  const control = effectiveControl(fields);
  return mayStore(
    { method, fields: new TextFields(request) },
    { status, fields, control, isComplete },
    { ...DEFAULT_STORABILITY, ...options },
  );
}

function reason(response: string, rest: Case = {}): string {
  const verdict = judge(response, rest);
  return verdict.store ? 'stored' : verdict.reason;
}

const FRESH = 'Cache-Control: max-age=60\r\n';

describe('storability', () => {
  test('only a reply to GET is stored (RFC 9111 §3)', () => {
    assert.equal(reason(FRESH), 'stored');
    for (const method of ['HEAD', 'POST', 'PUT', 'OPTIONS', 'get']) assert.equal(reason(FRESH, { method }), 'method', method);
  });

  test('interim, partial and unmodified replies are not, nor broken ones (RFC 9111 §3, §3.3)', () => {
    assert.equal(reason(FRESH, { status: 206 }), 'partial');
    assert.equal(reason(FRESH, { status: 304 }), 'status');
    assert.equal(reason(FRESH, { status: 103 }), 'status');
    assert.equal(reason(FRESH, { isComplete: false }), 'incomplete');
  });

  test('any final status is stored with explicit freshness (RFC 9111 §3)', () => {
    for (const status of [200, 204, 299, 302, 307, 400, 404, 499, 500, 503, 599]) {
      assert.equal(reason(FRESH, { status }), 'stored', `${status}`);
      assert.equal(reason('Expires: Thu, 18 Aug 2050 02:01:18 GMT\r\n', { status }), 'stored', `${status}`);
    }
  });

  test('without it only those that are cacheable by default, or public, or configured (RFC 9110 §15.1)', () => {
    for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
      assert.equal(reason('', { status }), 'stored', `${status}`);
    for (const status of [201, 202, 302, 403, 502, 503, 504, 599]) assert.equal(reason('', { status }), 'no-freshness', `${status}`);
    assert.equal(reason('Cache-Control: public\r\n', { status: 599 }), 'stored');
    assert.equal(reason('', { status: 403, options: { defaultTtlMs: new Map([[403, 1000]]) } }), 'stored');
  });

  test('no-store is obeyed on either side (RFC 9111 §5.2.2.5, §5.2.1.5)', () => {
    assert.equal(reason('Cache-Control: max-age=60, no-store\r\n'), 'no-store');
    assert.equal(reason(FRESH, { request: 'Cache-Control: No-Store\r\n' }), 'request-no-store');
    assert.equal(reason(FRESH, { request: 'Cache-Control: no-store\r\n', options: { clientDirectives: 'ignore' } }), 'stored');
  });

  test('must-understand lifts no-store where the status is understood (RFC 9111 §5.2.2.3)', () => {
    const head = 'Cache-Control: max-age=3600, no-store, must-understand\r\n';
    assert.equal(reason(head), 'stored');
    assert.equal(reason(head, { status: 599 }), 'must-understand');
    assert.equal(reason(head, { request: 'Cache-Control: no-store\r\n' }), 'request-no-store');
  });

  test('private is not stored, however it is written (RFC 9111 §5.2.2.7)', () => {
    assert.equal(reason('Cache-Control: private, max-age=60\r\n'), 'private');
    assert.equal(reason('Cache-Control: max-age=60, private=" authorization"\r\n'), 'private');
    assert.equal(reason('Cache-Control: max-age=60\r\nCDN-Cache-Control: private\r\n'), 'private');
  });

  test('what was answered with Authorization needs leave (RFC 9111 §3.5)', () => {
    const request = 'Authorization: Basic x\r\n';
    assert.equal(reason(FRESH, { request }), 'authorization');
    for (const directive of ['public', 'must-revalidate', 's-maxage=60']) {
      assert.equal(reason(`Cache-Control: max-age=60, ${directive}\r\n`, { request }), 'stored', directive);
    }
    for (const directive of ['proxy-revalidate', 's-maxage=x', 'public=1']) {
      assert.equal(reason(`Cache-Control: max-age=60, ${directive}\r\n`, { request }), 'authorization', directive);
    }
  });

  test('Set-Cookie is refused, stripped or stored by choice (RFC 9111 §7.3)', () => {
    const head = `${FRESH}Set-Cookie: a=b\r\n`;
    assert.equal(reason(head), 'set-cookie');
    assert.deepEqual(judge(head, { options: { setCookie: 'strip' } }), { store: true, omit: ['set-cookie'] });
    assert.deepEqual(judge(head, { options: { setCookie: 'store' } }), { store: true, omit: [] });
    assert.deepEqual(
      judge('Cache-Control: max-age=60, no-cache="Set-Cookie"\r\nSet-Cookie: a=b\r\n', { options: { setCookie: 'store' } }),
      { store: true, omit: ['set-cookie'] },
    );
    assert.equal(reason('Cache-Control: max-age=60, no-cache="set-cookie"\r\nSet-Cookie: a=b\r\n'), 'stored');
  });

  test('what no request matches is not stored (RFC 9111 §4.1)', () => {
    for (const vary of ['*', '*, *', ', *', 'Foo, *', '*, Foo', 'foo bar', Array.from({ length: 17 }, (_, index) => `a${index}`).join()]) {
      assert.equal(reason(`${FRESH}Vary: ${vary}\r\n`), 'vary', vary);
    }
    assert.equal(reason(`${FRESH}Vary:\r\nVary: *\r\n`), 'vary');
    assert.equal(reason(`${FRESH}Vary: Foo, Bar\r\n`), 'stored');
  });

  test('a coding that the key does not tell apart is not stored where it was negotiated', () => {
    assert.equal(reason(`${FRESH}Vary: Accept-Encoding\r\nContent-Encoding: deflate\r\n`), 'vary');
    assert.equal(reason(`${FRESH}Vary: Accept-Encoding\r\nContent-Encoding: BR\r\n`), 'stored');
    assert.equal(reason(`${FRESH}Content-Encoding: deflate\r\n`), 'stored');
  });

  test('a Content-Range on a whole reply means nothing (RFC 9110 §14.4)', () => {
    assert.equal(reason(`${FRESH}Content-Range: bytes 0-1/2\r\n`), 'stored');
  });

  test('beside a targeted field Expires is no freshness (RFC 9213 §2.2)', () => {
    const head = 'CDN-Cache-Control: x\r\nExpires: Thu, 18 Aug 2050 02:01:18 GMT\r\nCache-Control: max-age=9\r\n';
    assert.equal(reason(head, { status: 302 }), 'no-freshness');
  });
});
