/**
 * Which endpoint a session key (application cookie, header, client address) is bound to: a bounded map over shared memory, so that all workers
 * know what one has learned. Sets of 8 entries; a full set forgets its least recently used one.
 *
 * An entry is one 8-byte number, 38 bits of the key's hash and the slot, written at once; workers that write the same set in the same
 * instant may lose one entry, which then is learned again. Two keys share an entry with a chance of 8 in 2^38.
 */
import { hashString, mix32 } from '../../base/hash.ts';
import type { Instant } from '../../base/time.ts';
import { ENDPOINTS_MAX, SESSIONS_MAX } from '../balancing/endpoint-table.ts';
import type { EndpointTable } from '../balancing/endpoint-table.ts';
import { NONE } from '../balancing/balancer.ts';

const WAYS = 8;
const SETS = SESSIONS_MAX / WAYS;
/** Unit of last-use stamps; 31 bits of it are 397 days. */
const STAMP_MS = 16;
const SEED = 0x9747b28c;

export interface SessionTableOptions {
  readonly table: EndpointTable;
  readonly serviceSlot: number;
  /** Sessions of this service at most, rounded down to a multiple of 8 (at least 8); all services together have 262,144. */
  readonly entriesMax: number;
  /** Life after last use. */
  readonly ttlMs: number;
}

export class SessionTable {
  readonly #keys: Float64Array;
  readonly #stamps: Int32Array;
  readonly #sets: number;
  readonly #firstSet: number;
  readonly #serviceSlot: number;
  readonly #ttl: number;

  constructor(options: SessionTableOptions) {
    this.#keys = options.table.sessionKey;
    this.#stamps = options.table.sessionStamp;
    this.#sets = Math.min(SETS, Math.max(1, Math.floor(options.entriesMax / WAYS)));
    this.#serviceSlot = options.serviceSlot;
    this.#firstSet = mix32(options.serviceSlot + 1) % SETS;
    this.#ttl = Math.max(1, Math.ceil(options.ttlMs / STAMP_MS));
  }

  /** The slot that a session is bound to, NONE when unknown; counts as a use. */
  get(session: string, now: Instant): number {
    const low = hashString(session, this.#serviceSlot);
    const tag = this.#tag(session, low);
    const first = this.#firstEntry(low);
    const stamp = stampOf(now);
    for (let entry = first; entry < first + WAYS; entry++) {
      const key = this.#keys[entry]!;
      if (Math.floor(key / ENDPOINTS_MAX) !== tag) continue;
      if (stamp - this.#stamps[entry]! > this.#ttl) return NONE;
      this.#stamps[entry] = stamp;
      return key % ENDPOINTS_MAX;
    }
    return NONE;
  }

  /** Binds a session to a slot. */
  set(session: string, slot: number, now: Instant): void {
    const low = hashString(session, this.#serviceSlot);
    const tag = this.#tag(session, low);
    const first = this.#firstEntry(low);
    let oldest = first;
    for (let entry = first; entry < first + WAYS; entry++) {
      if (Math.floor(this.#keys[entry]! / ENDPOINTS_MAX) === tag) {
        oldest = entry;
        break;
      }
      if (this.#stamps[entry]! < this.#stamps[oldest]!) oldest = entry;
    }
    this.#keys[oldest] = tag * ENDPOINTS_MAX + slot;
    this.#stamps[oldest] = stampOf(now);
  }

  #firstEntry(low: number): number {
    return ((this.#firstSet + (low % this.#sets)) % SETS) * WAYS;
  }

  /** 38 bits, never 0, which marks an empty entry. */
  #tag(session: string, low: number): number {
    return hashString(session, SEED ^ this.#serviceSlot) * 64 + (low >>> 26) || 1;
  }
}

function stampOf(now: Instant): number {
  return (Math.floor(now / STAMP_MS) + 1) | 0;
}
