import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerLines } from './explain-question.ts';

test('headers are lines; empty ones are none', () => {
  assert.deepEqual(headerLines('cookie: a=1\r\n\n  x-beta: 2 '), ['cookie: a=1', 'x-beta: 2']);
  assert.deepEqual(headerLines(''), []);
});
