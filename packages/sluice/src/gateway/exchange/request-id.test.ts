import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAcceptableRequestId, newRequestId } from './request-id.ts';

test('ids are unique, of one prefix, and acceptable themselves', () => {
  const ids = Array.from({ length: 1_000 }, newRequestId);
  assert.equal(new Set(ids).size, 1_000);
  assert.equal(new Set(ids.map((id) => id.slice(0, 19))).size, 1);
  assert.match(ids[0]!, /^[0-9a-f]{18}-[0-9a-z]+$/);
  assert.ok(ids.every(isAcceptableRequestId));
});

test('a given id is kept when it is short and harmless', () => {
  for (const id of ['a', 'A-b_c.d:e/f+g=', '0123456789'.repeat(12)]) assert.ok(isAcceptableRequestId(id), id);
  for (const id of ['', 'a b', 'a\tb', 'a"b', 'a\\b', 'a,b', '\xe9', '<a>', '%0a', 'x'.repeat(129)])
    assert.ok(!isAcceptableRequestId(id), id);
});
