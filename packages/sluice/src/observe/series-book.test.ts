import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesBook } from './series-book.ts';

function book(): SeriesBook {
  return new SeriesBook({ stepSeconds: 1, steps: 4, columns: ['rps', 'wanted'], namesMax: 2 });
}

test('the last steps are read in their order, oldest first', () => {
  const series = book();
  for (let at = 100; at < 106; at++) {
    series.advance(at);
    series.put('web', [at, null]);
  }
  assert.deepEqual(series.read('web', 10, ['rps']), { at: [102, 103, 104, 105], stepSeconds: 1, values: { rps: [102, 103, 104, 105] } });
  assert.deepEqual(series.read('web', 2, ['rps']).at, [104, 105]);
});

test('what was not known is null, and a column that never was is left out', () => {
  const series = book();
  series.advance(1);
  series.advance(2);
  series.put('web', [7, 3]);
  assert.deepEqual(series.read('web', 10, ['rps']).values, { rps: [null, 7], wanted: [null, 3] });
  assert.deepEqual(series.read('other', 10, ['rps']).values, { rps: [null, null] });
});

test('times rise though the clock goes back a little, and begin anew when it goes back far', () => {
  const series = book();
  for (const at of [100, 99, 101]) series.advance(at);
  assert.deepEqual(series.read('web', 10, ['rps']).at, [100, 101, 102]);
  series.advance(5);
  assert.deepEqual(series.read('web', 10, ['rps']).at, [5]);
});

test('names beyond the bound have none until others go', () => {
  const series = book();
  series.advance(1);
  for (const name of ['a', 'b', 'c']) series.put(name, [1, 1]);
  assert.deepEqual(series.read('c', 10, ['rps']).values, { rps: [null] });
  series.keep(new Set(['a']));
  series.put('c', [1, 1]);
  assert.deepEqual(series.read('c', 10, ['rps']).values['rps'], [1]);
  assert.deepEqual(series.read('b', 10, ['rps']).values, { rps: [null] });
});
