import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TextFields } from './fields.ts';
import { effectOfHead, isSameRepresentation, updatedHead } from './update.ts';

const same = (stored: string, reply: string) => isSameRepresentation(new TextFields(stored), new TextFields(reply));

describe('a 304', () => {
  test('replaces fields that it has and keeps the others (RFC 9111 §3.2)', () => {
    const head = updatedHead(
      'A: 1\r\nB: 2\r\nCache-Control: max-age=1\r\nB: 3\r\n',
      'cache-control: max-age=3600\r\nb: 4\r\nC: 5\r\nC: 6\r\n',
      [],
      null,
    );
    assert.equal(head, 'A: 1\r\ncache-control: max-age=3600\r\nb: 4\r\nC: 5\r\nC: 6\r\n');
  });

  test('replaces Content-* as well, but not what says how the stored bytes are read (RFC 9111 §3.2)', () => {
    const stored = 'Content-Type: text/plain\r\nContent-Foo: 1\r\nContent-Encoding: br\r\nContent-Range: x\r\n';
    const head = updatedHead(
      stored,
      'Content-Type: text/html\r\nContent-Foo: 2\r\nContent-Encoding: gzip\r\nContent-Range: y\r\nContent-Length: 10\r\n',
      [],
      null,
    );
    assert.equal(head, 'Content-Encoding: br\r\nContent-Range: x\r\nContent-Type: text/html\r\nContent-Foo: 2\r\n');
  });

  test('adds nothing that is not stored (RFC 9111 §3.1, §3.2)', () => {
    assert.equal(
      updatedHead('A: 1\r\n', 'Connection: x\r\nX: 1\r\nAge: 5\r\nSet-Cookie: s=1\r\nTransfer-Encoding: chunked\r\n', ['set-cookie'], null),
      'A: 1\r\n',
    );
  });

  test('renews Date, even where it has none', () => {
    assert.equal(updatedHead('Date: old\r\n', '', [], 'new'), 'Date: new\r\n');
    assert.equal(updatedHead('Date: old\r\n', 'Date: its\r\n', [], 'new'), 'Date: its\r\n');
  });

  test('with a strong tag is about the reply that has it, and no other (RFC 9111 §4.3.4)', () => {
    assert.ok(same('ETag: "a"\r\n', 'ETag: "a"\r\n'));
    assert.ok(!same('ETag: "a"\r\n', 'ETag: "b"\r\n'));
    assert.ok(!same('ETag: W/"a"\r\n', 'ETag: "a"\r\n'));
    assert.ok(!same('Last-Modified: l\r\n', 'ETag: "a"\r\nLast-Modified: l\r\n'));
  });

  test('with weak validators is about the reply that corresponds (RFC 9111 §4.3.4)', () => {
    assert.ok(same('ETag: W/"a"\r\n', 'ETag: W/"a"\r\n'));
    assert.ok(same('ETag: "a"\r\n', 'ETag: W/"a"\r\n'));
    assert.ok(!same('ETag: W/"a"\r\n', 'ETag: W/"b"\r\n'));
    assert.ok(same('ETag: "a"\r\nLast-Modified: l\r\n', 'Last-Modified: l\r\n'));
    assert.ok(!same('Last-Modified: l\r\n', 'Last-Modified: m\r\n'));
  });

  test('without validators answers the one that we asked about', () => {
    assert.ok(same('ETag: "a"\r\n', 'Date: d\r\n'));
  });
});

describe('a reply to HEAD', () => {
  const effect = (stored: string, reply: string, status = 200, storedStatus = 200) =>
    effectOfHead({ status: storedStatus, fields: new TextFields(stored) }, 36, { status, fields: new TextFields(reply) });

  test('updates what has its validators and its length (RFC 9111 §4.3.5)', () => {
    assert.equal(effect('ETag: "a"\r\n', 'ETag: "a"\r\nContent-Length: 36\r\n'), 'update');
    assert.equal(effect('A: 1\r\n', 'Cache-Control: max-age=1000\r\n'), 'update');
    assert.equal(effect('ETag: "a"\r\nLast-Modified: l\r\n', 'Content-Length: 36\r\n'), 'update');
  });

  test('invalidates what differs (RFC 9111 §4.3.5)', () => {
    assert.equal(effect('ETag: "a"\r\n', 'ETag: "b"\r\n'), 'invalidate');
    assert.equal(effect('', 'ETag: "b"\r\n'), 'invalidate');
    assert.equal(effect('Last-Modified: l\r\n', 'Last-Modified: m\r\n'), 'invalidate');
    assert.equal(effect('', 'Content-Length: 10\r\n'), 'invalidate');
    assert.equal(effect('', 'Content-Length: 36, 36\r\n'), 'invalidate');
  });

  test('says nothing when it is no 200, or there is no stored 200', () => {
    assert.equal(effect('ETag: "a"\r\n', 'ETag: "b"\r\n', 410), 'none');
    assert.equal(effect('ETag: "a"\r\n', 'ETag: "b"\r\n', 200, 404), 'none');
  });
});
