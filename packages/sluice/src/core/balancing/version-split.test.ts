import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divideSplit } from './version-split.ts';

const well = (count: number) => ({ total: count, usable: count, admitted: count });
const none = { total: 0, usable: 0, admitted: 0 };
const sick = (count: number) => ({ total: count, usable: 0, admitted: count });
const loads = (...parameters: Parameters<typeof divideSplit>) => divideSplit(...parameters).map(({ load }) => load);

test('each version gets its share, whatever its number of endpoints', () => {
  assert.deepEqual(loads([well(9), well(1)], [0.95, 0.05], 0.5), [0.95, 0.05]);
  assert.deepEqual(loads([well(1), well(5)], [0, 1], 0.5), [0, 1]);
});

test('the share of a version without a usable endpoint goes to the others', () => {
  assert.deepEqual(loads([well(4), none], [0.9, 0.1], 0.5), [1, 0]);
  assert.deepEqual(loads([sick(4), well(1)], [0.9, 0.1], 0.5), [0, 1]);
  assert.deepEqual(loads([sick(4), well(1)], [1, 0], 0.5), [0, 1], 'also to one that was to have none');
});

test('when nobody is healthy, health does not count, unless panic is off', () => {
  assert.deepEqual(divideSplit([sick(2), sick(2)], [0.5, 0.5], 0.5), [
    { load: 0.5, isPanicking: true },
    { load: 0.5, isPanicking: true },
  ]);
  assert.deepEqual(loads([sick(2), sick(2)], [0.5, 0.5], 0), [0, 0]);
});

test('a version of which few are healthy panics by itself and keeps its share', () => {
  const [first, second] = divideSplit([{ total: 10, usable: 2, admitted: 10 }, well(1)], [0.8, 0.2], 0.5);
  assert.deepEqual(first, { load: 0.8, isPanicking: true });
  assert.deepEqual(second, { load: 0.2, isPanicking: false });
});
