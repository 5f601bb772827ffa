import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointState, EventEntry } from '../api/types.ts';
import { healthHistory } from './health-history.ts';

const event = (at: number, what: string, detail: EventEntry['detail'] = { service: 's', endpoint: 'a:1' }): EventEntry => ({
  id: at,
  at,
  level: 'info',
  what,
  detail,
});
const spans = (events: readonly EventEntry[], state: EndpointState = 'up') =>
  healthHistory(events, { service: 's', address: 'a:1', instance: 's.1', state }, 100, 200).map((span) => [span.state, span.from, span.to]);

test('without events it was always as it is', () => {
  assert.deepEqual(spans([], 'draining'), [['draining', 100, 200]]);
});

test('each event begins a span, and tells what was before the first', () => {
  assert.deepEqual(spans([event(160, 'endpoint-returned'), event(150, 'endpoint-ejected')]), [
    ['up', 100, 150],
    ['ejected', 150, 160],
    ['up', 160, 200],
  ]);
});

test('a drain, its end and its return are spans of their own', () => {
  const drained = [event(180, 'endpoint-undrained'), event(150, 'endpoint-drained'), event(140, 'endpoint-draining')];
  assert.deepEqual(spans(drained), [
    ['up', 100, 140],
    ['draining', 140, 150],
    ['maintenance', 150, 180],
    ['up', 180, 200],
  ]);
});

test('what was before the window holds at its beginning; the same again is no new span', () => {
  assert.deepEqual(spans([event(170, 'endpoint-down'), event(50, 'endpoint-down')], 'down'), [['down', 100, 200]]);
});

test('others do not count, and an instance counts by its id', () => {
  const others = [
    event(150, 'endpoint-down', { service: 't', endpoint: 'a:1' }),
    event(151, 'endpoint-down', { service: 's', endpoint: 'b:1' }),
    event(152, 'reloaded'),
  ];
  assert.deepEqual(spans(others), [['up', 100, 200]]);
  assert.deepEqual(spans([event(150, 'instance-ready', { service: 's', instance: 's.1' })]), [
    ['unknown', 100, 150],
    ['up', 150, 200],
  ]);
});
