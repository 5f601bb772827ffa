import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelayMemory } from './relay-memory.ts';

const BYTES = 64 * 1024;

/** Two reads that fill the shared memory. */
function fill(relay: RelayMemory): void {
  for (let read = 0; read < 2; read++) {
    relay.taken(relay.next(), BYTES);
    relay.done(BYTES, false);
  }
}

test('silent connections share their memory, and what was read out of it stays', () => {
  const [one, other] = [new RelayMemory(), new RelayMemory()];
  const memory = one.next();
  assert.equal(other.next(), memory);
  memory.write('one');
  const taken = one.taken(memory, 3);
  one.done(3, true);
  memory.write('two');
  assert.equal(other.taken(memory, 3).toString(), 'two');
  assert.equal(taken.toString(), 'one');
});

test('a read that fills it, and another, are followed by one into memory of its own, until one does not', () => {
  const relay = new RelayMemory();
  const shared = relay.next();
  relay.taken(shared, BYTES);
  relay.done(BYTES, false);
  assert.equal(relay.next(), shared);
  relay.taken(shared, BYTES);
  relay.done(BYTES, false);
  const own = relay.next();
  assert.notEqual(own, shared);
  assert.equal(relay.taken(own, BYTES), own);
  relay.done(BYTES, false);
  assert.equal(relay.next(), own);
  assert.equal(relay.taken(own, 5).length, 5);
  relay.done(5, false);
  assert.equal(relay.next(), shared);
});

test('what is kept is not read into again, by anybody', () => {
  const relay = new RelayMemory();
  fill(relay);
  const kept = relay.next();
  relay.taken(kept, BYTES);
  relay.done(BYTES, true);
  const second = relay.next();
  assert.notEqual(second, kept);
  relay.taken(second, 10);
  relay.done(10, true);
  const other = new RelayMemory();
  fill(other);
  assert.notEqual(other.next(), kept);
  assert.notEqual(other.next(), second);
});

test('memory that nobody needs any more is used again', () => {
  const relay = new RelayMemory();
  fill(relay);
  const own = relay.next();
  relay.release();
  const other = new RelayMemory();
  fill(other);
  assert.equal(other.next(), own);
});
