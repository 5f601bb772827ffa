import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyDecoder } from '../../core/http1/body-decoder.ts';
import { LIMITS } from '../../../test/support/http1.ts';
import { keptTrailers, trailerLines } from './trailers.ts';

function linesOf(trailers: string): string {
  const decoder = new BodyDecoder(LIMITS);
  decoder.start('chunked', 0);
  const bytes = Buffer.from(`0\r\n${trailers}\r\n`, 'latin1');
  assert.equal(decoder.feed(bytes, 0, bytes.length, { onBody: () => assert.fail('no content') }), bytes.length);
  return trailerLines(decoder.trailers);
}

test('trailers are written in their plain form', () => assert.equal(linesOf('A:b \r\nC: \r\n'), 'A: b\r\nC: \r\n'));

test('what frames, routes or authenticates is left out, under any alias', () => {
  assert.equal(
    linesOf('Cookie: a\r\nauthorization: b\r\nX_Forwarded_For: c\r\nConnection: d\r\nSet-Cookie: e\r\nX-T: f\r\n'),
    'X-T: f\r\n',
  );
});

test('none are none', () => assert.equal(trailerLines(null), ''));

test('lines of HTTP/2 are held to the same rule', () => {
  assert.equal(keptTrailers(''), '');
  assert.equal(keptTrailers('grpc-status: 0\r\nx.y_z: 1\r\n'), 'grpc-status: 0\r\nx.y_z: 1\r\n');
  assert.equal(keptTrailers('cookie: a\r\na: b\r\nx_forwarded.for: c\r\nd: e\r\nvia: f\r\n'), 'a: b\r\nd: e\r\n');
  assert.equal(keptTrailers('set-cookie: a\r\n'), '');
});
