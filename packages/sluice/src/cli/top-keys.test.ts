import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyReader } from './top-keys.ts';

test('letters, arrows of both modes and enter are keys', () => {
  assert.deepEqual(new KeyReader().push('jk\x1b[A\x1bOB\rs?pq\x03\x1a'), [
    'down',
    'up',
    'up',
    'down',
    'open',
    'sort',
    'help',
    'pause',
    'quit',
    'quit',
    'suspend',
  ]);
});

test('an arrow that comes in pieces is one key', () => {
  const reader = new KeyReader();
  assert.deepEqual([reader.push('\x1b'), reader.push('['), reader.push('B')], [[], [], ['down']]);
  assert.equal(reader.isWaiting, false);
});

test('Escape is a key when nothing follows', () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.push('\x1b'), []);
  assert.equal(reader.isWaiting, true);
  assert.deepEqual(reader.flush(), ['back']);
  assert.deepEqual(reader.flush(), []);
  assert.deepEqual(new KeyReader().push('\x1b\x1b[A'), ['back', 'up']);
});

test('what is unknown is left out, however long it is', () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.push('zé\x1b[1;5Cj\x1bxj'), ['down', 'down']);
  assert.deepEqual(reader.push(`\x1b[${'1'.repeat(1_000)}`).includes('quit'), false);
  reader.flush();
  assert.deepEqual(reader.push('q'), ['quit']);
});
