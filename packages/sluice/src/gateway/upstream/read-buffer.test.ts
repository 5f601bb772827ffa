import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBuffer } from './read-buffer.ts';

test('short reads use the same small memory again', () => {
  const memory = new ReadBuffer();
  const first = memory.next();
  memory.filled(100);
  assert.equal(memory.next(), first);
  assert.equal(first.length, 4_096);
});

test('a read that fills the small memory brings the large one, until reads are short again', () => {
  const memory = new ReadBuffer();
  memory.filled(memory.next().length);
  assert.equal(memory.next().length, 65_536);
  memory.filled(5_000);
  assert.equal(memory.next().length, 65_536);
  memory.filled(4_096);
  assert.equal(memory.next().length, 4_096);
});

test('memory that is kept is not read into again, once', () => {
  const memory = new ReadBuffer();
  const first = memory.next();
  first.write('kept');
  memory.filled(4);
  memory.keep();
  const second = memory.next();
  assert.notEqual(second, first);
  second.write('else');
  assert.equal(first.toString('latin1', 0, 4), 'kept');
  memory.filled(4);
  assert.equal(memory.next(), second);
});
