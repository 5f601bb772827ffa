import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { NONE } from '../balancing/balancer.ts';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { SessionTable } from './session-table.ts';

const TTL_MS = 10_000;

test('a session stays with its endpoint until it is unused for its life', () => {
  const sessions = new SessionTable({ table: endpointTable(), serviceSlot: 1, entriesMax: 1000, ttlMs: TTL_MS });
  assert.equal(sessions.get('a', instant(0)), NONE);
  sessions.set('a', 16_383, instant(0));
  assert.equal(sessions.get('a', instant(9000)), 16_383);
  assert.equal(sessions.get('a', instant(18_000)), 16_383, 'the use at 9,000 counts');
  assert.equal(sessions.get('a', instant(28_100)), NONE);
  sessions.set('a', 5, instant(28_100));
  sessions.set('a', 0, instant(28_200));
  assert.equal(sessions.get('a', instant(28_200)), 0);
});

test('other workers see it, other services do not', () => {
  const table = endpointTable();
  const options = { entriesMax: 1000, ttlMs: TTL_MS };
  new SessionTable({ ...options, table, serviceSlot: 1 }).set('a', 7, instant(0));
  assert.equal(new SessionTable({ ...options, table: endpointTable(table.buffer), serviceSlot: 1 }).get('a', instant(1)), 7);
  assert.equal(new SessionTable({ ...options, table, serviceSlot: 2 }).get('a', instant(1)), NONE);
});

test('memory is bounded: the least recently used of a set are forgotten', () => {
  const sessions = new SessionTable({ table: endpointTable(), serviceSlot: 1, entriesMax: 800, ttlMs: 1e9 });
  for (let index = 0; index < 5000; index++) {
    sessions.set(`session ${index}`, index, instant(index * 100));
    assert.equal(sessions.get('session 0', instant(index * 100 + 50)), 0, 'one in use is kept');
  }
  const kept = Array.from({ length: 5000 }, (_, index) => sessions.get(`session ${index}`, instant(500_000))).filter(
    (slot) => slot !== NONE,
  );
  assert.equal(kept.length, 800);
  // 99 sets hold the last 8 of what fell into each: nothing older than 8 sets' worth and its spread survives, but the one in use.
  assert.ok(Math.min(...kept.slice(1)) > 2500, `oldest kept: ${Math.min(...kept.slice(1))}`);
});

test('10,000 sessions in a table of 100,000 are all kept', () => {
  const sessions = new SessionTable({ table: endpointTable(), serviceSlot: 9, entriesMax: 100_000, ttlMs: 1e9 });
  for (let index = 0; index < 10_000; index++) sessions.set(`session ${index}`, index, instant(0));
  // 12,500 sets with 0.8 sessions on average: the chance of more than 8 in one is 1e-7.
  for (let index = 0; index < 10_000; index++) assert.equal(sessions.get(`session ${index}`, instant(1)), index);
});
