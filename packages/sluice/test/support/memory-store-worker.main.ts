/**
 * A worker thread that uses a shared memory store as hard as it can: finds and checks what it finds, inserts, streams, refreshes, purges,
 * claims. It says "failed: …" at the first wrong byte. It stops when the word `stop` is set, and then says what it has done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { randomInteger, seededRandom } from '../../src/base/random.ts';
import { MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import type { EntryWriter, MemoryEntry } from '../../src/core/caching/memory/memory-store.ts';
import { checkProof, decode, metaOf, provingBody } from './memory-store.ts';

interface Work {
  readonly buffer: SharedArrayBuffer;
  readonly owner: number;
  readonly seed: number;
  readonly keys: number;
  readonly bodyBytesMax: number;
  /** Word 0: stop; words 1 and up: a count of rounds for each owner. */
  readonly board: Int32Array;
}

const PINNED_MAX = 8;
const ROUNDS_AT_ONCE = 200;

const { buffer, owner, seed, keys, bodyBytesMax, board } = workerData as Work;
const store = new MemoryStore(buffer, owner, decode);
const random = seededRandom(seed);
const pinned: { key: number; entry: MemoryEntry }[] = [];
let streamed: { writer: EntryWriter; body: Uint8Array; sent: number } | null = null;
let version = seed;
let found = 0;

function check(key: number, entry: MemoryEntry): void {
  if (entry.head !== `key: ${key}\r\n`) throw new Error(`key ${key} has the head ${entry.head}`);
  checkProof(key, entry.pieces(0, entry.available));
  found++;
}

function look(key: number): void {
  const entry = store.find(`key ${key}`);
  if (entry === null) return;
  check(key, entry);
  if (pinned.length < PINNED_MAX && random() < 0.1) pinned.push({ key, entry });
  else entry.release();
}

function letGo(): void {
  const one = pinned.shift()!;
  check(one.key, one.entry);
  one.entry.release();
}

function begin(key: number, isAnnounced: boolean): { writer: EntryWriter; body: Uint8Array; sent: number } | null {
  const body = provingBody(key, ++version, 4 + randomInteger(random, bodyBytesMax));
  const meta = metaOf({ head: `key: ${key}\r\n`, tags: [`tag ${key % 7}`], bodyBytes: isAnnounced ? body.length : -1 });
  const writer = store.begin(`key ${key}`, meta);
  return writer === null ? null : { writer, body, sent: 0 };
}

function put(key: number): void {
  const one = begin(key, true);
  if (one === null || !one.writer.append(one.body, 0, one.body.length)) return;
  one.writer.finish();
}

function stream(key: number): void {
  if (streamed === null) {
    streamed = begin(key, random() < 0.5);
    streamed?.writer.publish();
    return;
  }
  const end = Math.min(streamed.body.length, streamed.sent + 1 + randomInteger(random, bodyBytesMax >> 1));
  const isSent = streamed.writer.append(streamed.body, streamed.sent, end);
  streamed.sent = end;
  if (isSent && end < streamed.body.length) return;
  if (random() < 0.9) streamed.writer.finish();
  else streamed.writer.abort();
  streamed = null;
}

function change(key: number): void {
  const dice = random();
  const entry = store.peek(`key ${key}`);
  if (entry !== null && dice < 0.5) store.refresh(`key ${key}`, entry, metaOf({ head: `key: ${key}\r\n`, bodyBytes: entry.bodyBytes }));
  else if (dice < 0.7) store.remove(`key ${key}`);
  else if (dice < 0.8) store.purgeKey(`key ${key}`, dice < 0.75);
  else if (dice < 0.9) store.purgeTag(`tag ${key % 7}`, dice < 0.85);
  else if (dice < 0.91) store.purgePrefix(`key ${key % 10}`, false);
  entry?.release();
  const claim = store.claim(`key ${key}`);
  if (claim.isLeader) claim.done();
}

function round(): void {
  const key = Math.floor(keys * random() * random());
  const dice = random();
  if (dice < 0.6) look(key);
  else if (dice < 0.75) put(key);
  else if (dice < 0.93) stream(key);
  else if (dice < 0.97 && pinned.length > 0) letGo();
  else change(key);
}

function run(): void {
  try {
    for (let index = 0; index < ROUNDS_AT_ONCE; index++) round();
    Atomics.add(board, 1 + owner, ROUNDS_AT_ONCE);
    if (Atomics.load(board, 0) === 0) {
      setImmediate(run);
      return;
    }
    while (pinned.length > 0) letGo();
    streamed?.writer.abort();
    parentPort?.postMessage(`done: ${found}`);
  } catch (error) {
    parentPort?.postMessage(`failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

run();
