/**
 * Which pushed files are to be seen, as all threads know it: one short text in shared memory, replaced as a whole. Files lie in the cache under keys that carry the id of their push, so the switch
 * from one version to another is this text's, and every request sees all of one or all of the other. One thread writes; readers look whether a number has moved, which costs 10 ns, and read again
 * only then (a sequence lock).
 */
import { assert } from '../../base/assert.ts';

/** Files under one path that are to be seen. */
export interface ShownPush {
  /** As in keys, in lower case; `*`: any. */
  readonly host: string;
  /** Canonical; begins with `/`. */
  readonly prefix: string;
  /** Of the push. */
  readonly id: string;
}

/** Pushes that can be seen at a time. */
export const SHOWN_MAX = 256;
const BYTES = 256 * 1024;
/** Int32s before the text: the sequence and the length. */
const HEAD_BYTES = 8;
const SEQUENCE = 0;
const LENGTH = 1;
const TRIES = 8;

export function createPushBoard(): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES);
}

export class PushBoard {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private seen = 0;
  private pushes: readonly ShownPush[] = [];

  /** @param buffer Of `createPushBoard`. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, HEAD_BYTES / 4);
    this.bytes = new Uint8Array(buffer, HEAD_BYTES);
  }

  /** The longest path first, and a host before any host. The same list as long as nothing is written. */
  read(): readonly ShownPush[] {
    const sequence = Atomics.load(this.words, SEQUENCE);
    return sequence === this.seen ? this.pushes : this.readAgain();
  }

  /** By one thread alone. @returns False, with nothing written, where they are too many or too long. */
  write(pushes: readonly ShownPush[]): boolean {
    const order = pushes.toSorted(
      (left, right) => right.prefix.length - left.prefix.length || Number(left.host === '*') - Number(right.host === '*'),
    );
    const text = new TextEncoder().encode(JSON.stringify(order));
    if (order.length > SHOWN_MAX || text.length > this.bytes.length) return false;
    Atomics.add(this.words, SEQUENCE, 1);
    this.bytes.set(text);
    Atomics.store(this.words, LENGTH, text.length);
    Atomics.add(this.words, SEQUENCE, 1);
    return true;
  }

  /** While it is being written, what was there before is still right. */
  private readAgain(): readonly ShownPush[] {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const sequence = Atomics.load(this.words, SEQUENCE);
      const text = this.bytes.slice(0, Atomics.load(this.words, LENGTH));
      if ((sequence & 1) !== 0 || Atomics.load(this.words, SEQUENCE) !== sequence) continue;
      this.pushes = text.length === 0 ? [] : (JSON.parse(new TextDecoder().decode(text)) as ShownPush[]);
      this.seen = sequence;
      break;
    }
    return this.pushes;
  }
}

/** Under which key a file of a push lies; a purge of its URL, or of what begins so, reaches it. @param path Canonical. */
export function pushedKey(host: string, path: string, id: string): string {
  assert(id !== '' && !id.includes('\n'), 'a push has an id');
  return `https://${host}${path}\n+${id}`;
}

/** The tag of all files of a push. */
export function pushTag(id: string): string {
  return `push ${id}`;
}
