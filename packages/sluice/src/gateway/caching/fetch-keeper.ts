/** What the cache keeps of a fetch: its entry while it comes, or the mark that says that nothing is kept there; and under which keys others find the fetch meanwhile. */
import { TextFields } from '../../core/caching/http/fields.ts';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { type CameHead, keepingOf, mayRefresh } from './keeping.ts';
import type { RunningFetch } from './running-fetch.ts';
import { keepEntry, keepPassMark, type KeepPlace, type KeptEntry } from './store-entry.ts';

/** After an error nobody waits for anybody, but not for long: it may be over, or it was the request of just one client that was wrong. */
const ERROR_PASS_MS = 1_000;

export interface FetchKeeperInit {
  readonly worker: WorkerContext;
  readonly store: CacheStore;
  readonly rules: CacheRules;
  readonly place: KeepPlace;
  /** The request's field lines. */
  readonly requestText: string;
  readonly isPersonal: boolean;
}

export class FetchKeeper {
  private readonly init: FetchKeeperInit;
  private readonly fetch: RunningFetch;
  private kept: KeptEntry | null = null;

  /** The fetch is found under its place's key until `close`. */
  constructor(init: FetchKeeperInit, fetch: RunningFetch) {
    this.init = init;
    this.fetch = fetch;
    init.store.fetches.set(init.place.key, fetch);
  }

  /** Begins the entry of a reply; or says why there is none. */
  keep(came: CameHead): KeptEntry | string {
    const { store, rules, place, worker, isPersonal, requestText } = this.init;
    const keeping = keepingOf(rules, { fields: new TextFields(requestText), isPersonal }, came, place.ownTag);
    if (!keeping.keep) return keeping.reason;
    const kept = keepEntry(store, rules, place, keeping, worker.random);
    if (typeof kept === 'string') return kept;
    this.kept = kept;
    if (kept.key !== place.key) store.fetches.set(kept.key, this.fetch);
    return kept;
  }

  /**
   * Remembers why a reply is not kept. What one request asked for says nothing of the next, nor does the reply to one who showed who they are: only what the reply to anybody says is remembered.
   * @param stale What is kept still, which an error does not take away.
   * @returns Whether it may be otherwise for the next that asks.
   */
  refuse(reason: string, came: CameHead, stale: MemoryEntry | null): boolean {
    const { store, rules, place, isPersonal } = this.init;
    const { passMs } = rules.plan;
    if (reason === 'room') store.noteUnkept(place.key, came.bodyBytes);
    if (isPersonal || reason === 'request-no-store' || reason === 'gone') return true;
    if (reason === 'room' && came.bodyBytes <= store.objectBytesMax) return false;
    if (came.status < 400) {
      keepPassMark(store, place.key, came.receivedAt, passMs);
      for (const tier of store.tiers) tier.remove(place.key); // an older one there would come back when the mark is over
    } else if (stale === null) keepPassMark(store, place.key, came.receivedAt, Math.min(ERROR_PASS_MS, passMs));
    return false;
  }

  /** Whether what a 304 makes of the entry may be kept. */
  mayRefresh(meta: EntryMeta): boolean {
    const { rules, place, isPersonal, requestText } = this.init;
    return mayRefresh(rules, { fields: new TextFields(requestText), isPersonal }, meta, place.mark?.names ?? []);
  }

  /** The entry goes, unless the 304 was for one who showed who they are. @returns As `refuse`. */
  refuseRefresh(): boolean {
    const { store, place, isPersonal } = this.init;
    if (isPersonal) return true;
    store.memory.remove(place.key);
    for (const tier of store.tiers) tier.remove(place.key);
    return false;
  }

  /** An entry was begun, and nothing has been found against it. */
  get isKeeping(): boolean {
    return this.kept !== null;
  }

  /** The entry is whole. */
  offer(): void {
    if (this.kept !== null) this.init.store.offer(this.kept.key, this.kept.meta);
  }

  /** There was no room for all of it. What is too large at any time is remembered: else each that asks would have others evicted for nothing, and cut off who reads along in other workers. */
  giveUp(bytes: number): void {
    const { store, rules, place, worker, isPersonal } = this.init;
    store.noteUnkept(place.key, bytes);
    if (bytes > store.objectBytesMax && !isPersonal) keepPassMark(store, place.key, worker.clock.wall(), rules.plan.passMs);
    this.forget();
  }

  close(): void {
    const { store, place } = this.init;
    this.forget();
    if (store.fetches.get(place.key) === this.fetch) store.fetches.delete(place.key);
  }

  private forget(): void {
    const { fetches } = this.init.store;
    if (this.kept !== null && fetches.get(this.kept.key) === this.fetch) fetches.delete(this.kept.key);
    this.kept = null;
  }
}
