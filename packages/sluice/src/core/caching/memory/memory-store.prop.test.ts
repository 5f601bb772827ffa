/** Any sequence of operations against a Map: what is found is what was put last, unless it was purged; the store's own checks hold all the time. */
import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, metaOf, openStore } from '../../../../test/support/memory-store.ts';
import { EVICTION_NAMES } from '../eviction/policy.ts';
import type { EvictionName } from '../eviction/policy.ts';
import type { EntryWriter, MemoryEntry, MemoryStore } from './memory-store.ts';

const KEYS = 12;
const TAGS = 4;

interface Known {
  readonly body: string;
  readonly head: string;
  readonly tags: readonly string[];
  isStale: boolean;
}

/** The store beside its model. The model never forgets, the store may. */
class Pair {
  readonly store: MemoryStore;
  readonly model = new Map<string, Known>();
  readonly pins: { entry: MemoryEntry; body: string }[] = [];
  readonly writers: { writer: EntryWriter; key: string; known: Known; sent: number; isPurged: boolean }[] = [];

  constructor(eviction: EvictionName) {
    this.store = openStore({ eviction, capacityBytes: 2 ** 20 });
  }

  find(key: string): void {
    const entry = this.store.find(key);
    if (entry === null) return;
    const known = this.model.get(key);
    ok(known !== undefined, `${key} was purged or never put`);
    ok(known.head === entry.head && known.isStale === entry.isStale, `${key}: head and staleness`);
    if (entry.state === 'whole') ok(entry.text() === known.body, `${key}: body`);
    else ok(known.body.startsWith(entry.text()), `${key}: beginning of the body`);
    entry.release();
  }

  pin(key: string): void {
    const entry = this.store.find(key);
    if (entry === null || this.pins.length > 5) entry?.release();
    else this.pins.push({ entry, body: this.model.get(key)!.body });
  }

  unpin(): void {
    const { entry, body } = this.pins.shift()!;
    ok(entry.state === 'aborted' || body.startsWith(entry.text()), 'what is pinned does not change');
    entry.release();
  }

  begin(key: string, known: Known, isAnnounced: boolean): void {
    const meta = metaOf({ head: known.head, tags: known.tags, bodyBytes: isAnnounced ? known.body.length : -1 });
    const writer = this.store.begin(key, meta);
    if (writer !== null) this.writers.push({ writer, key, known, sent: 0, isPurged: false });
  }

  /** One step of the oldest writer: publishes, sends some, or finishes. */
  write(bytes: number): void {
    const one = this.writers[0]!;
    if (one.sent === 0) {
      one.writer.publish();
      if (one.isPurged) this.model.delete(one.key);
      else this.model.set(one.key, one.known);
    }
    const end = Math.min(one.known.body.length, one.sent + bytes);
    const isSent = one.writer.append(Buffer.from(one.known.body, 'latin1'), one.sent, end);
    one.sent = end;
    if (!isSent) this.writers.shift();
    if (!isSent || end < one.known.body.length) return;
    one.writer.finish();
    this.writers.shift();
  }

  abort(): void {
    this.writers.shift()!.writer.abort();
  }

  refresh(key: string, head: string): void {
    const entry = this.store.find(key);
    if (entry === null) return;
    const known = this.model.get(key)!;
    const isDone = this.store.refresh(key, entry, metaOf({ head, tags: known.tags, bodyBytes: known.body.length }));
    if (isDone) this.model.set(key, { ...known, head, isStale: false });
    entry.release();
  }

  purge(isReached: (key: string, known: Known) => boolean, soft: boolean): void {
    for (const [key, known] of this.model) {
      if (!isReached(key, known)) continue;
      if (soft) known.isStale = true;
      else this.model.delete(key);
    }
    for (const one of this.writers) {
      if (!isReached(one.key, one.known)) continue;
      if (soft) one.known.isStale = true;
      else one.isPurged = true;
    }
  }

  close(): void {
    while (this.pins.length > 0) this.unpin();
    while (this.writers.length > 0) this.abort();
    this.store.verify();
  }
}

const index = fc.nat({ max: KEYS - 1 });
const key = fc.oneof(
  index.map((number) => `key/${number}`),
  index.map((number) => `\u4e00/${number}`),
);
const tags = fc.uniqueArray(fc.nat({ max: TAGS - 1 }), { maxLength: TAGS });
const bytes = fc.oneof(fc.nat({ max: 600 }), fc.nat({ max: 200_000 }));
const command = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), key, tags, bytes, head: fc.nat({ max: 3_000 }), flag: fc.boolean() }),
  fc.record({ kind: fc.constant('write' as const), bytes: fc.nat({ max: 150_000 }) }),
  fc.record({ kind: fc.constant('write' as const), bytes: fc.constant(200_000) }),
  fc.record({ kind: fc.constantFrom('find' as const, 'pin' as const), key }),
  fc.record({ kind: fc.constantFrom('unpin' as const, 'abort' as const, 'verify' as const) }),
  fc.record({ kind: fc.constant('refresh' as const), key, head: fc.nat({ max: 3_000 }) }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'purgeKey' as const, 'purgePrefix' as const), key, flag: fc.boolean() }),
  fc.record({ kind: fc.constant('purgeTag' as const), tag: fc.nat({ max: TAGS - 1 }), flag: fc.boolean() }),
  fc.record({ kind: fc.constant('purgeAll' as const), flag: fc.boolean() }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;

function run(pair: Pair, one: Command): void {
  const { store } = pair;
  switch (one.kind) {
    case 'begin': {
      const text = decode(Buffer.alloc(one.bytes + 1, `<${++serial}>`), 0, one.bytes + 1);
      const known = { body: text, head: 'h'.repeat(one.head), tags: one.tags.map(String), isStale: false };
      return pair.begin(one.key, known, one.flag);
    }
    case 'write':
      return pair.writers.length > 0 ? pair.write(one.bytes + 1) : undefined;
    case 'find':
      return pair.find(one.key);
    case 'pin':
      return pair.pin(one.key);
    case 'unpin':
      return pair.pins.length > 0 ? pair.unpin() : undefined;
    case 'abort':
      return pair.writers.length > 0 ? pair.abort() : undefined;
    case 'verify':
      return store.verify();
    case 'refresh':
      return pair.refresh(one.key, 'r'.repeat(one.head));
    case 'remove':
      store.remove(one.key);
      return void pair.model.delete(one.key);
    case 'purgeKey':
      store.purgeKey(one.key, one.flag);
      return pair.purge((name) => name === one.key, one.flag);
    case 'purgePrefix':
      store.purgePrefix(one.key, one.flag);
      return pair.purge((name) => name.startsWith(one.key), one.flag);
    case 'purgeTag':
      store.purgeTag(String(one.tag), one.flag);
      return pair.purge((_, known) => known.tags.includes(String(one.tag)), one.flag);
    case 'purgeAll':
      store.purgeAll(one.flag);
      return pair.purge(() => true, one.flag);
  }
}

test('whatever is done, what is found is what was put last and not purged, and the store stays sound', () => {
  fc.assert(
    fc.property(fc.constantFrom(...EVICTION_NAMES), fc.array(command, { maxLength: 300, size: 'max' }), (eviction, commands) => {
      const pair = new Pair(eviction);
      for (const one of commands) run(pair, one);
      pair.close();
    }),
    { numRuns: 300 },
  );
});
