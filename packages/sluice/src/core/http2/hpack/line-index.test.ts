import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINES, LineIndex, NAMES } from './line-index.ts';

test('the newest entry with the hash is found by its age', () => {
  const index = new LineIndex();
  for (const [number, hash] of [5, 6, 5 + 128, 5].entries()) index.add(LINES, hash, number);
  assert.deepEqual(
    [5, 6, 5 + 128].map((hash) => index.find(LINES, hash, 4, 4)),
    [1, 3, 2],
  );
});

test('what was evicted is not found', () => {
  const index = new LineIndex();
  for (const [number, hash] of [5, 6, 7].entries()) index.add(LINES, hash, number);
  assert.deepEqual(
    [5, 6, 7].map((hash) => index.find(LINES, hash, 3, 2)),
    [0, 2, 1],
  );
});

test('a hash that nobody has ends the search, also where cells were never written', () => {
  const index = new LineIndex();
  index.add(LINES, 5, 0);
  assert.deepEqual(
    [5 + 128, 77, 0].map((hash) => index.find(LINES, hash, 1, 1)),
    [0, 0, 0],
  );
});

test('lines and names are kept apart', () => {
  const index = new LineIndex();
  index.add(LINES, 5, 0);
  index.add(NAMES, 6, 0);
  assert.deepEqual([index.find(NAMES, 5, 1, 1), index.find(NAMES, 6, 1, 1)], [0, 1]);
});

test('numbers may wrap', () => {
  const index = new LineIndex();
  const last = 2 ** 31 - 1;
  index.add(LINES, 5, last);
  index.add(LINES, 5 + 128, (last + 1) | 0);
  const added = (last + 2) | 0;
  assert.deepEqual(
    [5, 5 + 128].map((hash) => index.find(LINES, hash, added, 2)),
    [2, 1],
  );
});
