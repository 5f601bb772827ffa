import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { adminWorld, trafficSnapshot } from '../../test/support/admin-app.ts';
import { SseParser } from './sse-parser.ts';
import { STREAMS_MAX } from './reply-stream.ts';

/** Reads events until there are as many as are asked for. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser = new SseParser();
  readonly #waiting: { readonly event: string; readonly data: string }[] = [];

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  async take(count: number): Promise<string[]> {
    while (this.#waiting.length < count) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error('the stream has ended');
      this.#waiting.push(...(this.#parser.push(new TextDecoder().decode(value)) as never[]));
    }
    return this.#waiting.splice(0, count).map(({ event, data }) => `${event} ${(JSON.parse(data) as { what?: string }).what ?? ''}`.trim());
  }

  async end(): Promise<boolean> {
    return (await this.#reader.read()).done;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

test('events go on after the last that a client saw', async () => {
  const { ask } = adminWorld();
  const byHeader = new Reader(await ask('GET', '/api/live?topics=events', undefined, { 'last-event-id': '1' }));
  deepEqual(await byHeader.take(2), ['event event-2', 'event event-3']);
  await byHeader.cancel();
  const byQuery = new Reader(await ask('GET', '/api/live?topics=events&after=2'));
  deepEqual(await byQuery.take(1), ['event event-3']);
  await byQuery.cancel();
});

test('events that are gone, or of another process, are told as a gap', async () => {
  const { ask, state } = adminWorld();
  state.oldest = 3;
  const gone = new Reader(await ask('GET', '/api/live?topics=events&after=1'));
  deepEqual(await gone.take(2), ['gap', 'event event-3']);
  await gone.cancel();
  const strange = new Reader(await ask('GET', '/api/live?topics=events', undefined, { 'last-event-id': '900' }));
  deepEqual(await strange.take(2), ['gap', 'event event-3']);
  await strange.cancel();
});

test('a client that gives no number gets what happens from now on', async () => {
  const { ask, entries } = adminWorld();
  const reader = new Reader(await ask('GET', '/api/live?topics=events'));
  entries.push({ id: 4, at: 2_000, level: 'warn', what: 'event-4', detail: {} });
  entries.push({ id: 7, at: 2_000, level: 'warn', what: 'event-7', detail: {} });
  deepEqual(await reader.take(3), ['event event-4', 'gap', 'event event-7']);
  await reader.cancel();
});

test('the Status comes at the start and when generation or revision changed', async () => {
  const { ask, traffic } = adminWorld();
  const reader = new Reader(await ask('GET', '/api/live?topics=traffic,status'));
  deepEqual(await reader.take(1), ['status']);
  traffic.push(trafficSnapshot(3, 1));
  deepEqual(await reader.take(1), ['traffic']);
  traffic.push(trafficSnapshot(3, 1));
  deepEqual(await reader.take(1), ['traffic']);
  traffic.push(trafficSnapshot(3, 2));
  deepEqual(await reader.take(2), ['status', 'traffic']);
  await reader.cancel();
});

test('who does not read gets the last snapshot, not all of them', async () => {
  const { ask, traffic } = adminWorld();
  const reader = new Reader(await ask('GET', '/api/live?topics=traffic,status'));
  deepEqual(await reader.take(1), ['status']);
  for (let revision = 1; revision <= 1_000; revision++) traffic.push(trafficSnapshot(3, revision));
  while (!traffic.isEmpty) await new Promise(setImmediate);
  deepEqual(await reader.take(2), ['status', 'traffic']);
  traffic.push(trafficSnapshot(3, 1_000));
  deepEqual(await reader.take(1), ['traffic']);
  await reader.cancel();
});

test('requests are shown as they end, and those that were skipped counted', async () => {
  const { ask, access } = adminWorld();
  const reader = new Reader(await ask('GET', '/api/access?status=5xx&service=users'));
  access.push('{"status":500}\n');
  access.push('{"skipped":7}\n');
  deepEqual(await reader.take(2), ['access', 'skipped']);
  await reader.cancel();
  while (access.readers > 0) await new Promise(setImmediate);
});

test('a stream ends when its client goes, and when Sluice stops; there are so many at most', async () => {
  const { ask, app, traffic } = adminWorld();
  const readers = [];
  for (let index = 0; index < STREAMS_MAX; index++) readers.push(new Reader(await ask('GET', '/api/live?topics=traffic')));
  const refused = await ask('GET', '/api/live');
  equal(refused.status, 503);
  match(((await refused.json()) as { detail: string }).detail, /as many streams are open as there may be, 64/);
  equal((await ask('HEAD', '/api/live')).status, 200);
  await readers[0]!.cancel();
  const later = new Reader(await ask('GET', '/api/live?topics=traffic'));
  traffic.push(trafficSnapshot(3, 1));
  app.close();
  for (const reader of [...readers.slice(1), later]) while (!(await reader.end()));
  while (traffic.readers > 0) await new Promise(setImmediate);
  equal((await ask('GET', '/api/live')).status, 503);
});
