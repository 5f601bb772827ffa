/**
 * The keys of one issuer in one worker. A set that is fetched is kept as long as it is good for: a new one is fetched in the background when it is `refreshMs` old, and earlier when a token names
 * a key that is not in it, at most every 10 s. A fetch that fails is repeated with back-off (1 s to 60 s, half of it jitter), by the next request that needs it: there are no timers.
 */
import type { Random } from '../../base/random.ts';
import type { Clock } from '../../base/time.ts';
import { readKeySet, type VerifyKey } from '../../io/jwk-set.ts';
import { fetchText } from '../credentials/bounded-fetch.ts';
import type { SharedPart } from '../filters/shared-parts.ts';

export interface KeySource {
  /** Another number: other keys. */
  readonly generation: number;
  /** The keys; null while there are none that are fresh enough. Has them fetched again when it is time. */
  current(): readonly VerifyKey[] | null;
  /** Has them fetched because some are missing; null when it is too early for that. Never rejects. */
  refresh(): Promise<void> | null;
}

/** Keys that stand in the plan. */
export class GivenKeys implements KeySource {
  readonly generation = 0;
  private readonly keys: readonly VerifyKey[];

  constructor(keys: readonly VerifyKey[]) {
    this.keys = keys;
  }

  current(): readonly VerifyKey[] {
    return this.keys;
  }

  refresh(): null {
    return null;
  }
}

export interface RemoteKeysOptions {
  readonly url: string;
  readonly refreshMs: number;
  readonly staleMs: number;
  readonly timeoutMs: number;
  readonly algorithms: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  event(level: 'info' | 'warn', what: string, detail: Readonly<Record<string, string>>): void;
}

/** A set of 100 keys is a tenth of it. */
const SET_BYTES_MAX = 256 * 1024;
const ASKED_EVERY_MS = 10_000;
const BACK_OFF_MIN_MS = 1_000;
const BACK_OFF_MAX_MS = 60_000;

export class RemoteKeys implements KeySource, SharedPart {
  generation = 0;
  private readonly options: RemoteKeysOptions;
  private readonly closing = new AbortController();
  private keys: readonly VerifyKey[] | null = null;
  private text = '';
  private fetchedAt = -Infinity;
  private renewAt = -Infinity;
  private fetching: Promise<void> | null = null;
  private allowedAt = -Infinity;
  private failures = 0;

  constructor(options: RemoteKeysOptions) {
    this.options = options;
  }

  current(): readonly VerifyKey[] | null {
    const now = this.options.clock.now();
    if (now >= this.renewAt) void this.refresh();
    return now - this.fetchedAt <= this.options.staleMs ? this.keys : null;
  }

  refresh(): Promise<void> | null {
    if (this.fetching !== null) return this.fetching;
    if (this.options.clock.now() < this.allowedAt) return null;
    this.fetching = this.fetch().finally(() => (this.fetching = null));
    return this.fetching;
  }

  close(): void {
    this.closing.abort();
  }

  private async fetch(): Promise<void> {
    const { url, timeoutMs, algorithms, clock } = this.options;
    try {
      const text = await fetchText(url, { timeoutMs, bytesMax: SET_BYTES_MAX, signal: this.closing.signal });
      if (text !== this.text) this.take(readKeySet(text, algorithms).keys, text);
      this.fetchedAt = clock.now();
      this.renewAt = this.fetchedAt + this.jittered(this.options.refreshMs);
      this.allowedAt = this.fetchedAt + this.jittered(ASKED_EVERY_MS);
      if (this.failures > 0) this.options.event('info', 'key set fetched again', { url: this.shown });
      this.failures = 0;
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private take(keys: readonly VerifyKey[], text: string): void {
    // An issuer that takes its last key back is obeyed: what that key has signed is not good until the set is.
    if (keys.length === 0 && this.keys === null) throw new Error('has no key that can be used');
    if (keys.length === 0)
      this.options.event('warn', 'key set has no key left', { url: this.shown, reason: 'none of its keys can be used' });
    this.keys = keys;
    this.text = text;
    this.generation++;
  }

  private failed(reason: string): void {
    if (this.closing.signal.aborted) return;
    const backOffMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** this.failures);
    this.allowedAt = this.options.clock.now() + this.jittered(backOffMs);
    this.renewAt = this.allowedAt;
    if (this.failures++ === 0) this.options.event('warn', 'key set cannot be fetched', { url: this.shown, reason });
  }

  /** Workers and nodes must not ask in step. */
  private jittered(ms: number): number {
    return ms * (0.5 + this.options.random() / 2);
  }

  /** Without its query, which may be a secret. */
  private get shown(): string {
    const { origin, pathname } = new URL(this.options.url);
    return origin + pathname;
  }
}
