import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../api/types.ts';
import { frameOf } from './map-layout.ts';
import { stepFrom } from './map-steps.ts';
import { buildTrafficMap } from './traffic-map.ts';

const service = (name: string, ...addresses: string[]) => ({
  name,
  state: 'up',
  endpoints: addresses.map((address) => ({ address, state: 'up' })),
});
const STATUS = {
  listeners: [{ name: 'web' }, { name: 'spare' }],
  services: [service('a', 'a:1'), service('b', 'b:1', 'b:2')],
  fleet: [],
} as unknown as Pick<Status, 'listeners' | 'services' | 'fleet'>;
const ROUTES = [
  { name: 'first', listeners: ['web'], services: ['b'] },
  { name: 'second', listeners: ['web'], services: ['a'] },
];
const map = buildTrafficMap(STATUS, { routes: ROUTES, streams: [] });
const { places } = frameOf(map, 1_000);
const all = Object.values(map.columns).flat();
const from = (label: string, key: string) =>
  stepFrom(
    map,
    places,
    all.find((node) => node.label === label)!,
    key,
  )?.label;

test('up and down stay within the column, and stop at its ends', () => {
  assert.deepEqual(
    [from('b:1', 'ArrowDown'), from('b:2', 'ArrowDown'), from('b:2', 'ArrowUp'), from('web', 'ArrowUp')],
    ['b:2', 'b:2', 'b:1', 'web'],
  );
});

test('left and right follow what flows, not what lies beside', () => {
  assert.deepEqual([from('first', 'ArrowRight'), from('second', 'ArrowRight'), from('a', 'ArrowLeft')], ['b', 'a', 'second']);
});

test('what nothing is linked to leads to the nearest of the next column; the outermost stay', () => {
  assert.deepEqual([from('spare', 'ArrowRight'), from('spare', 'ArrowLeft'), from('b:2', 'ArrowRight')], ['second', 'spare', 'b:2']);
});

test('other keys are left to the browser', () => {
  assert.equal(from('a', 'Enter'), undefined);
});
