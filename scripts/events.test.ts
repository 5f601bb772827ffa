/** The reference of events has each event that the sources can say, with its levels, and no other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findEvents } from './events-source.ts';

const PAGE = join(import.meta.dirname, '../docs/reference/events.md');

/** Rows of all tables: name and levels. */
function documented(): readonly (readonly [name: string, levels: string])[] {
  const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)` \| ([a-z, ]+) \| [^|]+ \| [^|]* \|$/gm);
  return [...rows].map(([, name, levels]) => [name!, levels!]);
}

test('each call that says an event has a name that is known here', () => {
  assert.deepEqual(findEvents().unknown, []);
});

test('the page has each event once, with its levels, and no other', () => {
  const rows = documented();
  assert.equal(new Set(rows.map(([name]) => name)).size, rows.length, 'an event stands twice');
  assert.deepEqual(Object.fromEntries(rows.toSorted(([a], [b]) => (a < b ? -1 : 1))), Object.fromEntries(findEvents().events));
});

test('calls are found in all their shapes', () => {
  const { events } = findEvents();
  for (const [name, levels] of [
    ['endpoint-down', 'warn'],
    ['agent-state', 'info, warn'],
    ['certificate-failed', 'warn, error'],
    ['instance-never-ready', 'warn'],
    ['cache: purge did not reach the other nodes', 'error'],
    ['group-minimum', 'warn'],
  ] as const)
    assert.equal(events.get(name), levels, name);
  assert.ok(events.size > 100, String(events.size));
});
