import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValueMemo } from './value-memo.ts';

test('a value is made once and remembered', () => {
  let made = 0;
  const memo = new ValueMemo((text) => {
    made++;
    return text.toUpperCase();
  });
  assert.deepEqual([memo.get('a'), memo.get('a'), memo.get('b')], ['A', 'A', 'B']);
  assert.equal(made, 2);
});

test('its memory is bounded in number and length', () => {
  const memo = new ValueMemo((text) => text);
  for (let index = 0; index < 10_000; index++) {
    assert.equal(memo.get(`v${index}`), `v${index}`);
    assert.ok(memo.size <= 256);
  }
  const before = memo.size;
  assert.equal(memo.get('x'.repeat(257)).length, 257);
  assert.equal(memo.size, before);
  memo.get('x'.repeat(256));
  assert.equal(memo.size, before + 1);
});
