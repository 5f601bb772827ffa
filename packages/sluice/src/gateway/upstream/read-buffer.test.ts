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

test('quiet connections read into one memory, and what they read is copied', () => {
  const [one, other] = [new ReadBuffer(), new ReadBuffer()];
  one.share();
  other.share();
  const memory = one.next();
  memory.write('one');
  one.filled(3);
  const taken = one.taken(3);
  one.keep();
  assert.equal(one.next(), memory);
  assert.equal(other.next(), memory);
  memory.write('two');
  other.filled(3);
  assert.equal(taken.toString(), 'one');
  assert.equal(other.taken(3).toString(), 'two');
});

test('one that is quiet no more has memory of its own, until reads are short again', () => {
  const memory = new ReadBuffer();
  memory.share();
  const shared = memory.next();
  memory.filled(16_385);
  const own = memory.next();
  assert.notEqual(own, shared);
  memory.filled(10_000);
  assert.equal(memory.next(), own);
  assert.equal(memory.taken(10_000).buffer, own.buffer);
  memory.keep();
  assert.notEqual(memory.next(), own);
  memory.filled(100);
  assert.equal(memory.next(), shared);
});
