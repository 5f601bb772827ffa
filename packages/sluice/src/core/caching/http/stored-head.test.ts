import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ageLine, headOfNotModified, storedHead, TAGS_MAX } from './stored-head.ts';

describe('the stored head', () => {
  test('keeps lines as they came, unknown ones included (RFC 9111 §3.1)', () => {
    const text =
      'Content-Type: text/plain\r\nX-Frame-Options: deny\r\nset-COOKIE: a=b\r\nSet-Cookie: c=d\r\nContent-Range: x\r\nEmpty:\r\n';
    assert.deepEqual(storedHead(text, [], null), { head: text, tags: [] });
  });

  test('leaves out what Connection names (RFC 9111 §3.1)', () => {
    assert.equal(storedHead('Connection: a, B\r\na: 1\r\nb: 2\r\nc: 3\r\n', [], null).head, 'c: 3\r\n');
    assert.equal(storedHead('a: 1\r\nConnection: close\r\nCONNECTION: A\r\n', [], null).head, '');
  });

  test('leaves out what is for one hop or one proxy, and what a hit writes anew (RFC 9111 §3.1, RFC 9110 §7.6.1)', () => {
    const names = [
      'Keep-Alive',
      'Proxy-Authenticate',
      'Proxy-Authentication-Info',
      'Proxy-Authorization',
      'Proxy-Connection',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Age',
      'Content-Length',
    ];
    assert.equal(storedHead(names.map((name) => `${name}: x\r\n`).join(''), [], null).head, '');
  });

  test('leaves out the names of a qualified no-cache (RFC 9111 §5.2.2.4)', () => {
    assert.equal(storedHead('A: 1\r\nB: 2\r\na: 3\r\n', ['a'], null).head, 'B: 2\r\n');
  });

  test('gets a Date where there is none (RFC 9110 §6.6.1)', () => {
    assert.equal(storedHead('A: 1\r\n', [], 'now').head, 'A: 1\r\nDate: now\r\n');
    assert.equal(storedHead('date: then\r\n', [], 'now').head, 'date: then\r\n');
    assert.equal(storedHead('A: 1', [], 'now').head, 'A: 1\r\nDate: now\r\n');
  });

  test('gives our tags apart, each once, in bounds', () => {
    const { head, tags } = storedHead('Surrogate-Key: a b  a\r\nCache-Tag: c d, e ,\r\nSurrogate-Key: f\r\n', [], null);
    assert.equal(head, '');
    assert.deepEqual(tags, ['a', 'b', 'f', 'c d', 'e']);
    const many = storedHead(
      `Surrogate-Key: ${'x'.repeat(300)} ${Array.from({ length: 200 }, (_, index) => `t${index}`).join(' ')}\r\n`,
      [],
      null,
    ).tags;
    assert.equal(many.length, TAGS_MAX);
    assert.equal(many[0], 't0');
  });
});

describe('pieces of a hit', () => {
  test('Age is whole seconds (RFC 9111 §5.1)', () => {
    assert.equal(ageLine(1999), 'Age: 1\r\n');
    assert.equal(ageLine(0), 'Age: 0\r\n');
    assert.equal(ageLine(1e15), 'Age: 2147483648\r\n');
  });

  test('a 304 has the fields of the 200 but those of its content (RFC 9110 §15.4.5)', () => {
    const kept = 'Date: d\r\nETag: "a"\r\nCache-Control: max-age=1\r\nVary: x\r\nContent-Location: /y\r\nX: 1\r\n';
    assert.equal(headOfNotModified(`Content-Type: a\r\n${kept}content-encoding: br\r\nLast-Modified: l\r\n`), kept);
    assert.equal(headOfNotModified('Last-Modified: l\r\nContent-Language: de\r\n'), 'Last-Modified: l\r\n');
  });
});
