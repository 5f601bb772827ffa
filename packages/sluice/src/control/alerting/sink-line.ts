/**
 * What waits for one sink. A try that fails is repeated with growing, jittered waits, for an hour; a sink that hangs is cut by its timeout and
 * holds up nobody else. At most `WAITING_MAX` notices, one per group: a newer one stands in the place of the one that waits.
 */
import { exponentialMs } from '../../base/exponential.ts';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { SinkPlan } from '../../config/alert-plan.ts';
import { ALERTS_MAX } from '../../core/alerting/alert-book.ts';
import { type AlertNotice, type AlertSink, SinkDelay, SinkRefusal } from '../../core/alerting/alert-notice.ts';
import { mergeNotices, noticeFor } from '../../core/alerting/notice-groups.ts';
import type { SayEvent } from '../say-event.ts';

/** As many as there are alerts: however they are grouped, all that begin at once find room. */
export const WAITING_MAX = ALERTS_MAX;
/** Then it is given up. */
export const GIVE_UP_MS = 3_600_000;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 300_000;
/** At the end: one last try for what waits. */
const LAST_TRY_MS = 2_000;

/** Since the start: notices that were taken, tries that failed and are made again, notices that never arrived. */
export interface SinkCounts {
  told: number;
  retried: number;
  givenUp: number;
}

export interface SinkLineOptions {
  readonly plan: SinkPlan;
  readonly sink: AlertSink;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Counted on over reloads. */
  readonly counts: SinkCounts;
  /** One try ended. @param problem Null: it was taken. */
  readonly told: (notice: AlertNotice, problem: string | null) => void;
}

/** Why a try came to nothing. */
interface Fault {
  readonly reason: string;
  /** Another try is useless. */
  readonly isRefused: boolean;
  /** How long the receiver asks to be left alone. */
  readonly delayMs: number;
}

interface Waiting {
  notice: AlertNotice;
  readonly sinceMs: number;
}

export class SinkLine implements AsyncDisposable {
  readonly plan: SinkPlan;
  readonly #options: SinkLineOptions;
  /** By group, the oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #closed = new AbortController();
  #failures = 0;
  #isSaid = false;
  #isFull = false;
  #isClosing = false;
  #sending: Promise<void> | null = null;
  #retry: Cancel | null = null;

  constructor(options: SinkLineOptions) {
    this.plan = options.plan;
    this.#options = options;
  }

  /** Notices that wait, and those that were given up since the start. */
  get figures(): { readonly waiting: number; readonly givenUp: number } {
    return { waiting: this.#waiting.size, givenUp: this.#options.counts.givenUp };
  }

  /** Puts a notice in the line. What the sink does not want of it is left out. */
  push(whole: AlertNotice): void {
    const notice = noticeFor(whole, this.plan);
    if (notice === null || this.#isClosing) return;
    const older = this.#waiting.get(notice.group);
    if (older !== undefined) older.notice = mergeNotices(older.notice, notice);
    else {
      const [oldest] = this.#waiting.values();
      if (this.#waiting.size >= WAITING_MAX && oldest !== undefined) {
        this.#waiting.delete(oldest.notice.group);
        // Once until something arrives again: a flood of alerts is not to be one of events.
        this.#giveUp([oldest.notice], `more than ${WAITING_MAX} notices wait`, !this.#isFull);
        this.#isFull = true;
      }
      this.#waiting.set(notice.group, { notice, sinceMs: this.#options.runtime.clock.now() });
    }
    if (this.#retry === null) this.#begin();
  }

  /** One try of its own, beside the line. @returns What is wrong; null: it was taken. */
  async test(notice: AlertNotice): Promise<string | null> {
    return (await this.#try(notice, this.plan.timeoutMs))?.reason ?? null;
  }

  /** Tries what waits once more, then gives it up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#retry?.();
    this.#retry = null;
    const last = this.#options.runtime.timers.after(LAST_TRY_MS, () => this.#closed.abort());
    await this.#sending;
    for (const { notice } of this.#waiting.values()) {
      if (this.#closed.signal.aborted) break;
      await this.#try(notice, LAST_TRY_MS);
    }
    last();
    this.#closed.abort();
    await this.#options.sink[Symbol.asyncDispose]();
  }

  #begin(): void {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
      // One came after the last look and before the end.
      if (this.#waiting.size > 0 && this.#retry === null && !this.#isClosing) this.#begin();
    });
  }

  async #drain(): Promise<void> {
    for (let first = this.#take(); first !== null; first = this.#take()) {
      const { notice, sinceMs } = first;
      const fault = await this.#try(notice, this.plan.timeoutMs);
      this.#options.told(notice, fault?.reason ?? null);
      if (fault === null) this.#arrived();
      else if (fault.isRefused) this.#giveUp([notice], fault.reason);
      else {
        const newer = this.#waiting.get(notice.group);
        this.#waiting.set(notice.group, { notice: newer === undefined ? notice : mergeNotices(notice, newer.notice), sinceMs });
        return this.#failed(fault);
      }
    }
  }

  /** Takes the oldest one that is not too old out of the line. */
  #take(): Waiting | null {
    if (this.#isClosing) return null;
    const now = this.#options.runtime.clock.now();
    const old: AlertNotice[] = [];
    let found: Waiting | null = null;
    for (const [group, entry] of this.#waiting) {
      this.#waiting.delete(group);
      if (now - entry.sinceMs < GIVE_UP_MS) {
        found = entry;
        break;
      }
      old.push(entry.notice);
    }
    if (old.length > 0) this.#giveUp(old, 'it could not be delivered within an hour');
    return found;
  }

  /** @returns What is wrong; null: it was taken. Ends when the time is up, whatever the sink does. */
  async #try(notice: AlertNotice, timeoutMs: number): Promise<Fault | null> {
    const cut = new AbortController();
    const { signal } = cut;
    const close = (): void => cut.abort();
    this.#closed.signal.addEventListener('abort', close, { once: true });
    if (this.#closed.signal.aborted) close();
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {}); // nobody listens once the sink has answered
    signal.addEventListener('abort', () => late.reject(new Error(`no answer within ${timeoutMs} ms`)), { once: true });
    const cancel = this.#options.runtime.timers.after(timeoutMs, () => cut.abort());
    try {
      await Promise.race([this.#options.sink.send(notice, signal), late.promise]);
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { reason, isRefused: error instanceof SinkRefusal, delayMs: error instanceof SinkDelay ? error.afterMs : 0 };
    } finally {
      cancel();
      this.#closed.signal.removeEventListener('abort', close);
    }
  }

  #arrived(): void {
    this.#options.counts.told++;
    this.#failures = 0;
    if (this.#isSaid) this.#options.say('info', 'alert-sink-back', { sink: this.plan.name, kind: this.plan.kind });
    this.#isSaid = false;
    this.#isFull = false;
  }

  #failed({ reason, delayMs }: Fault): void {
    this.#options.counts.retried++;
    this.#failures++;
    const { runtime, say } = this.#options;
    if (!this.#isSaid) say('warn', 'alert-sink-away', { sink: this.plan.name, kind: this.plan.kind, reason });
    this.#isSaid = true;
    if (this.#isClosing) return;
    const waitMs = Math.max(delayMs, exponentialMs(this.#failures, RETRY_MS, RETRY_MAX_MS) * (0.5 + runtime.random() / 2));
    this.#retry = runtime.timers.after(Math.min(waitMs, GIVE_UP_MS), () => {
      this.#retry = null;
      this.#begin();
    });
  }

  #giveUp(notices: readonly AlertNotice[], reason: string, isToSay = true): void {
    const { counts, say } = this.#options;
    counts.givenUp += notices.length;
    if (!isToSay) return;
    const rules = new Set(notices.flatMap(({ alerts }) => alerts.map(({ rule }) => rule)));
    const detail = { sink: this.plan.name, kind: this.plan.kind, reason, rules: [...rules].slice(0, 10).join(' ') };
    say('error', 'alert-given-up', { ...detail, notices: notices.length, givenUp: counts.givenUp });
  }
}
