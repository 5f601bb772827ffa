/** RFC 9113 §8.3.2: which replies are malformed, and how the others read as HTTP/1.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORKSPACE, block } from '../../../test/support/http2.ts';
import { HpackDecoder } from './hpack/decoder.ts';

type Fields = readonly (readonly [string, string])[];

function form(fields: Fields, isEnd = false, isHead = false): string {
  const { fields: decoded, responseForm, head } = WORKSPACE;
  decoded.reset({ sectionBytesMax: 100_000, fieldsMax: 200 });
  const bytes = block(fields);
  assert.ok(new HpackDecoder().decode(bytes, 0, bytes.length, decoded));
  if (!responseForm.write(decoded, isEnd, isHead, head)) return 'malformed';
  const text = Buffer.from(head.bytes.subarray(0, head.length)).toString('latin1');
  return text.replaceAll('\r\n', '|');
}

const ok = [':status', '200'] as const;

test('content of unknown length, of a known one, and none', () => {
  assert.equal(form([ok]), 'HTTP/1.1 200 OK|transfer-encoding: chunked||');
  assert.equal(form([ok, ['content-length', '5'], ['x', 'y']]), 'HTTP/1.1 200 OK|content-length: 5|x: y||');
  assert.equal(form([ok], true), 'HTTP/1.1 200 OK|content-length: 0||');
  assert.equal(form([ok, ['content-length', '5']], true), 'malformed');
});

test('HEAD, 204 and 304 carry none, whatever they say', () => {
  assert.equal(form([ok, ['content-length', '5']], true, true), 'HTTP/1.1 200 OK|content-length: 5||');
  assert.equal(form([ok], true, true), 'HTTP/1.1 200 OK||');
  assert.equal(form([[':status', '204']], true), 'HTTP/1.1 204 No Content||');
  assert.equal(
    form(
      [
        [':status', '304'],
        ['content-length', '5'],
      ],
      true,
    ),
    'HTTP/1.1 304 Not Modified|content-length: 5||',
  );
  assert.equal(WORKSPACE.responseForm.expectedLength, 0);
});

test(':status is there, first, once, and a number that HTTP/1.1 has', () => {
  for (const fields of [
    [],
    [['x', 'y']],
    [['x', 'y'], ok],
    [ok, ok],
    [ok, [':path', '/']],
    [[':status', '']],
    [[':status', '20']],
    [[':status', '2000']],
    [[':status', '099']],
    [[':status', '600']],
    [[':status', '2x0']],
  ] as const) {
    assert.equal(form(fields), 'malformed', JSON.stringify(fields));
  }
});

test('interim replies end nothing and switch no protocols (§8.1, §8.6)', () => {
  assert.equal(
    form([
      [':status', '103'],
      ['link', '<a>'],
    ]),
    'HTTP/1.1 103 Early Hints|link: <a>||',
  );
  assert.equal(form([[':status', '100']], true), 'malformed');
  assert.equal(form([[':status', '101']]), 'malformed');
});

test('fields are held to the rules of requests', () => {
  for (const field of [
    ['X', 'y'],
    ['x', 'a\r\nb'],
    ['connection', 'close'],
    ['transfer-encoding', 'chunked'],
    ['content-length', '1, 1'],
    ['', 'x'],
  ] as const) {
    assert.equal(form([ok, field]), 'malformed', JSON.stringify(field));
  }
});
