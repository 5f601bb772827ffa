/**
 * Brings the kernel's table to what is wanted: the smallest transaction (what is new in one before it), at most one per 50 ms and never two at once; changes that come meanwhile go
 * together. After a failure the state of the table is in doubt, so the next attempt replaces it as a whole, with growing waits in between.
 */
import { exponentialMs } from '../../base/exponential.ts';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { after, type Instant, instant } from '../../base/time.ts';
import type { KernelDescription } from '../../core/layer4/kernel-description.ts';
import { nftTable } from '../../core/layer4/nft-rules.ts';
import { changeScript, type NftTable, replacementScript, withNewParts } from '../../core/layer4/nft-table.ts';
import type { Nft } from '../../io/nft.ts';
import type { SayEvent } from '../say-event.ts';

export interface TableWriterOptions {
  readonly table: string;
  readonly nft: Pick<Nft, 'apply' | 'hasTable'>;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Networks that this machine is attached to, as CIDRs. */
  readonly networks: () => readonly string[];
  /** A transaction is done. `isReplaced`: all counters began anew. */
  readonly written: (description: KernelDescription, isReplaced: boolean) => void;
}

/** Someone who waits for a description to be in force. */
interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const GAP_MS = 50;
const RETRY_BASE_MS = 250;
const RETRY_MAX_MS = 10_000;

export class TableWriter {
  readonly #options: TableWriterOptions;
  #wanted: { readonly description: KernelDescription; readonly version: number } | null = null;
  /** What the kernel has; null when that is not known. */
  #applied: NftTable | null = null;
  #waiters: Waiter[] = [];
  #due: Cancel | null = null;
  #running: Promise<void> | null = null;
  #earliest: Instant = instant(-Infinity);
  #failures = 0;
  #reason = '';
  #isFirst = true;
  #isStopped = false;
  #writtenVersion = 0;

  constructor(options: TableWriterOptions) {
    this.#options = options;
  }

  /** Whether the kernel has a table that we know. */
  get isInForce(): boolean {
    return this.#applied !== null;
  }

  /** Has it written soon. */
  want(description: KernelDescription): void {
    this.#wanted = { description, version: (this.#wanted?.version ?? 0) + 1 };
    this.#schedule();
  }

  /** Resolves when what is wanted now is in force; rejects when an attempt to get there fails. More attempts follow nevertheless. */
  settled(): Promise<void> {
    const version = this.#wanted?.version ?? 0;
    if (this.#applied !== null && version === this.#writtenVersion) return Promise.resolve();
    if (this.#isStopped) return Promise.reject(new Error('kernel layer 4 has ended'));
    return new Promise((resolve, reject) => this.#waiters.push({ version, resolve, reject }));
  }

  /** The table is gone: it has to be written as a whole. */
  lost(): void {
    // What is under way may have begun before the loss; it must not count as a table that is there.
    if (this.#running !== null) return void this.#running.then(() => this.lost());
    this.#applied = null;
    this.#schedule();
  }

  /** Writes no more. Resolves when what was under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#due?.();
    this.#due = null;
    await this.#running;
    this.#settle((waiter) => waiter.reject(new Error('kernel layer 4 was stopped')));
  }

  #schedule(): void {
    if (this.#isStopped || this.#due !== null || this.#running !== null || this.#wanted === null) return;
    const { clock, timers } = this.#options.runtime;
    this.#due = timers.after(Math.max(0, this.#earliest - clock.now()), () => {
      this.#due = null;
      this.#running = this.#write().finally(() => {
        this.#running = null;
        if (this.#applied === null || this.#wanted?.version !== this.#writtenVersion) this.#schedule();
      });
    });
  }

  async #write(): Promise<void> {
    const { runtime, networks, written } = this.#options;
    const { description, version } = this.#wanted!;
    try {
      const table = nftTable(description, networks());
      const isReplaced = await this.#apply(table);
      this.#applied = table;
      this.#writtenVersion = version;
      this.#earliest = after(runtime.clock.now(), GAP_MS);
      this.#sayRecovered();
      if (isReplaced !== null) written(description, isReplaced);
      this.#settle((waiter) => waiter.resolve(), version);
    } catch (error) {
      this.#fail(error);
      this.#settle((waiter) => waiter.reject(error), version);
    }
  }

  /** @returns Whether the table was replaced; null when there was nothing to do. */
  async #apply(table: NftTable): Promise<boolean | null> {
    const { table: name, nft, say } = this.#options;
    if (this.#applied !== null) {
      const prepared = withNewParts(this.#applied, table);
      const scripts = [changeScript(name, this.#applied, prepared), changeScript(name, prepared, table)].filter((script) => script !== '');
      for (const script of scripts) await nft.apply(script);
      return scripts.length === 0 ? null : false;
    }
    // Left by a process that was killed: it has gone on balancing, and goes on until the very transaction that replaces it.
    if (this.#isFirst && (await nft.hasTable(name))) say('info', 'kernel-layer4-takeover', { table: name });
    this.#isFirst = false;
    await nft.apply(replacementScript(name, table));
    return true;
  }

  #fail(error: unknown): void {
    const { runtime, say, table } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    this.#applied = null;
    this.#failures++;
    const waitMs = exponentialMs(this.#failures, RETRY_BASE_MS, RETRY_MAX_MS) * (0.5 + runtime.random() / 2);
    this.#earliest = after(runtime.clock.now(), waitMs);
    if (reason !== this.#reason) say('error', 'kernel-layer4-failed', { table, reason, retryMs: Math.round(waitMs) });
    this.#reason = reason;
  }

  #sayRecovered(): void {
    if (this.#failures > 0) this.#options.say('info', 'kernel-layer4-recovered', { table: this.#options.table, attempts: this.#failures });
    this.#failures = 0;
    this.#reason = '';
  }

  #settle(end: (waiter: Waiter) => void, version = Infinity): void {
    const due = this.#waiters.filter((waiter) => waiter.version <= version);
    this.#waiters = this.#waiters.filter((waiter) => waiter.version > version);
    for (const waiter of due) end(waiter);
  }
}
