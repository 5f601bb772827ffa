import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from './recent-map.ts';

test('what is used stays, what is not goes, and never more than two generations are kept', () => {
  const map = new RecentMap<number>(4, Infinity);
  map.set('used', 1);
  for (let index = 0; index < 100; index++) {
    map.set(`other ${index}`, index);
    assert.equal(map.get('used'), 1);
    assert.ok(map.size <= 8);
  }
  assert.equal(map.get('other 0'), undefined);
  assert.equal(map.get('other 99'), 99);
});

test('long keys count for more', () => {
  const map = new RecentMap<number>(1_000, 10);
  for (const key of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee']) map.set(key, 1);
  assert.deepEqual(
    ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee'].map((key) => map.get(key) ?? 0),
    [0, 0, 1, 1, 1],
  );
});

test('what was taken out is gone, from either generation', () => {
  const map = new RecentMap<number>(1, Infinity);
  map.set('a', 1);
  map.set('b', 2);
  map.delete('a');
  map.delete('b');
  assert.deepEqual([map.get('a'), map.get('b'), map.size], [undefined, undefined, 0]);
});
