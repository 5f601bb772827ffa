import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TextFields } from './fields.ts';
import { invalidatedBy, isUnsafe, type TargetUri } from './invalidation.ts';

const TARGET: TargetUri = { scheme: 'http', authority: 'a.example:8080', path: '/dir/x', query: 'q=1' };

function told(method: string, status: number, head = '', target = TARGET): string {
  const uris = invalidatedBy({ method, target }, status, new TextFields(head), { mergeSlashes: false, encodedSlashes: 'reject' });
  return uris.map(({ path, query }) => path + (query === null ? '' : `?${query}`)).join(' ');
}

const OWN = '/dir/x?q=1';

describe('invalidation', () => {
  test('a successful unsafe request, known or not, invalidates its URI (RFC 9111 §4.4)', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'post', 'FOO']) {
      for (const status of [200, 201, 204, 303, 399]) assert.equal(told(method, status), OWN, `${method} ${status}`);
    }
  });

  test('an error or a safe request invalidates nothing (RFC 9111 §4.4)', () => {
    for (const status of [400, 404, 500, 503, 101]) assert.equal(told('POST', status, 'Location: /y\r\n'), '', `${status}`);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'QUERY']) assert.ok(!isUnsafe(method), method);
    assert.equal(told('GET', 200, 'Content-Location: /y\r\n'), '');
  });

  test('Location and Content-Location of the same origin go too (RFC 9111 §4.4)', () => {
    assert.equal(told('POST', 201, 'Location: /y\r\nContent-Location: /z?a=b\r\n'), `${OWN} /y /z?a=b`);
    assert.equal(told('POST', 201, 'Location: HTTP://A.example:8080/y#part\r\n'), `${OWN} /y`);
    assert.equal(told('POST', 201, 'Location: http://b.example/y\r\n', { ...TARGET, authority: 'b.example' }), `${OWN} /y`);
    assert.equal(told('POST', 201, 'Location: http://b.example:80\r\n', { ...TARGET, authority: 'b.example' }), `${OWN} /`);
    assert.equal(told('POST', 201, 'Location: //a.example:8080?z\r\n'), `${OWN} /?z`);
  });

  test('references are resolved against the request (RFC 3986 §5.2)', () => {
    assert.equal(told('POST', 201, 'Location: y\r\n'), `${OWN} /dir/y`);
    assert.equal(told('POST', 201, 'Location: ../y/./z\r\n'), `${OWN} /y/z`);
    assert.equal(told('POST', 201, 'Location: ?z\r\n'), `${OWN} /dir/x?z`);
    assert.equal(told('POST', 201, 'Location:\r\nContent-Location: #top\r\n'), OWN);
  });

  test('another origin is left alone, and so is what cannot be read (RFC 9111 §4.4)', () => {
    for (const location of [
      'http://b.example/y',
      'https://a.example:8080/y',
      '//b.example/y',
      'http://a.example/y',
      'http://u@a.example:8080/y',
      'mailto:x',
      'http:/y',
      '/../y',
      '/%2fy',
      '\\y',
    ]) {
      assert.equal(told('POST', 201, `Location: ${location}\r\n`), OWN, location);
    }
  });
});
