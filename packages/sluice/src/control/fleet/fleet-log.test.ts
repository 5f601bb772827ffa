import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import { FleetLog } from './fleet-log.ts';
import type { LogLine, LogQuery } from './fleet-request.ts';

const NEVER = new AbortController().signal;

async function texts(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const read: string[] = [];
  for await (const { text } of lines) read.push(text);
  return read;
}

function query(changes: Partial<LogQuery> = {}): LogQuery {
  return { instance: null, lines: 1_000_000, follow: false, signal: NEVER, ...changes };
}

const add = (log: FleetLog, instance: string, text: string): void => log.add(instance, 'stdout', text, timestamp(0));

test('an instance keeps its last thousand lines, a quarter more at most', async () => {
  const log = new FleetLog();
  for (let line = 1; line <= 5_000; line++) add(log, 'web.1', String(line));
  const kept = await texts(log.read(query()));
  assert.ok(kept.length >= 1_000 && kept.length <= 1_250, String(kept.length));
  assert.deepEqual([kept.at(-1), kept[0]], ['5000', String(5_001 - kept.length)]);
});

test('a gigabyte of log is a quarter of a megabyte here', async () => {
  const log = new FleetLog();
  const long = 'x'.repeat(20_000);
  for (let line = 0; line < 1_000; line++) add(log, 'web.1', long);
  const kept = await texts(log.read(query()));
  const characters = kept.reduce((sum, text) => sum + text.length, 0);
  assert.ok(characters > 100_000 && characters <= 262_144, String(characters));
  assert.ok(kept.every((text) => text.length === 8_193 && text.endsWith('…')));
});

test('instances that are gone are kept, up to two hundred', () => {
  const log = new FleetLog();
  for (let id = 1; id <= 300; id++) add(log, `web.${id}`, 'started');
  assert.deepEqual([log.has('web.100'), log.has('web.101'), log.has('web.300')], [false, true, true]);
});

test('who reads too slowly is told how much he missed, and holds nobody up', async () => {
  const log = new FleetLog();
  const stop = new AbortController();
  const lines = log.read(query({ follow: true, signal: stop.signal }))[Symbol.asyncIterator]();
  for (let line = 1; line <= 1_500; line++) add(log, 'web.1', String(line));
  assert.match((await lines.next()).value!.text, /500 lines were left out/);
  assert.equal((await lines.next()).value!.text, '501');
  stop.abort();
});

test('following ends with the signal, with the log, and when nobody reads on', async () => {
  const log = new FleetLog();
  add(log, 'web.1', 'before');
  assert.deepEqual(await texts(log.read(query({ follow: true, signal: AbortSignal.abort() }))), ['before']);
  const following = texts(log.read(query({ follow: true, lines: 0, instance: 'web.1' })));
  await turn();
  add(log, 'web.2', 'another');
  add(log, 'web.1', 'after');
  await turn();
  log.close();
  assert.deepEqual(await following, ['after']);
});
