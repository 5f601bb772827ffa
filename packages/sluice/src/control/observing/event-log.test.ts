import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import { EventLog, type EventQuery } from './event-log.ts';

const ALL: EventQuery = { after: 0, before: null, level: 'info', text: '', limit: 5_000 };

function make(): { log: EventLog; printed: string[]; ids: (query: Partial<EventQuery>) => number[] } {
  const printed: string[] = [];
  const log = new EventLog({ clock: manualRuntime().clock, print: (event, format) => printed.push(`${format} ${event.what}`) });
  return { log, printed, ids: (query) => log.list({ ...ALL, ...query }).entries.map(({ id }) => id) };
}

/** The next `count` entries. */
async function take(source: AsyncIterable<EventEntry>, count: number): Promise<EventEntry[]> {
  const entries: EventEntry[] = [];
  for await (const entry of source) if (entries.push(entry) === count) break;
  return entries;
}

test('events are listed youngest first, by number, level and text', () => {
  const { log, ids } = make();
  log.say('info', 'reloaded', { generation: 7 });
  log.say('warn', 'endpoint-down', { endpoint: '10.0.0.1:80', reason: 'Timeout' });
  log.say('error', 'worker-crashed', { reason: 'boom' });
  assert.deepEqual(ids({}), [3, 2, 1]);
  assert.deepEqual(ids({ after: 1 }), [3, 2]);
  assert.deepEqual(ids({ before: 3 }), [2, 1]);
  assert.deepEqual(ids({ level: 'warn' }), [3, 2]);
  assert.deepEqual(ids({ text: 'reason=TIMEOUT' }), [2]);
  assert.deepEqual(ids({ text: 'WORKER' }), [3]);
  assert.deepEqual(ids({ limit: 1 }), [3]);
});

test('the last 2,000 are kept, and whoever had read less is told', () => {
  const { log } = make();
  for (let count = 0; count < 2_003; count++) log.say('info', 'reloaded', {});
  const { entries, isGap } = log.list({ ...ALL, after: 2 });
  assert.deepEqual([entries.length, entries.at(-1)?.id, isGap], [2_000, 4, true]);
  assert.equal(log.list({ ...ALL, after: 3 }).isGap, false);
  assert.equal(log.list(ALL).isGap, false);
});

test('secrets are hidden and long texts cut before anybody sees them', () => {
  const { log } = make();
  log.say('info', 'odd', { apiKey: 'k', reason: 'x'.repeat(10_000) });
  const { detail } = log.list(ALL).entries[0]!;
  assert.equal(detail['apiKey'], '[hidden]');
  assert.equal(String(detail['reason']).length, 4_096);
});

test('less than the level is kept but not printed; a reload that says the same leaves what the API said', () => {
  const { log, printed, ids } = make();
  log.configure({ level: 'warn', format: 'json' });
  log.say('info', 'reloaded', {});
  log.say('warn', 'endpoint-down', {});
  log.setLevel('error');
  log.configure({ level: 'warn', format: 'text' });
  log.say('warn', 'endpoint-down', {});
  log.configure({ level: 'info', format: 'text' });
  log.say('info', 'reloaded', {});
  assert.deepEqual(printed, ['json endpoint-down', 'text reloaded']);
  assert.deepEqual(ids({}), [4, 3, 2, 1]);
});

test('who follows gets what is kept and what comes', async () => {
  const { log } = make();
  log.say('info', 'one', {});
  log.say('info', 'two', {});
  const end = new AbortController();
  const following = take(log.follow(1, end.signal), 2);
  log.say('info', 'three', {});
  assert.deepEqual(
    (await following).map(({ what }) => what),
    ['two', 'three'],
  );
});

test('who follows from now on gets nothing older, and ends with its signal', async () => {
  const { log } = make();
  log.say('info', 'one', {});
  const end = new AbortController();
  const following = take(log.follow(Infinity, end.signal), 5);
  log.say('info', 'two', {});
  await Promise.resolve();
  end.abort();
  assert.ok((await following).every(({ what }) => what === 'two'));
  const ended = await take(log.follow(0, AbortSignal.abort()), 1);
  assert.deepEqual(ended, []);
});

test('a slow follower loses the oldest, which the numbers show', async () => {
  const { log } = make();
  const source = log.follow(Infinity, new AbortController().signal);
  for (let count = 0; count < 1_005; count++) log.say('info', 'reloaded', {});
  assert.equal((await take(source, 1))[0]?.id, 6);
});

test('a number of another process begins anew', async () => {
  const { log } = make();
  log.say('info', 'one', {});
  assert.equal((await take(log.follow(900, new AbortController().signal), 1))[0]?.what, 'one');
});
