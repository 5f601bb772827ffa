/**
 * Keeps a certificate for each wanted set of names: orders what is missing, renews what is due, waits after failures, and tells. Decides nothing
 * itself (`core/certificates/renewal.ts` does). A certificate in use stays in use whatever happens here.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { type Timestamp, timestamp } from '../../base/time.ts';
import { askPauseMs, failurePauseMs, orderTime, type RenewalState, renewalStep, settledPauseMs } from '../../core/certificates/renewal.ts';
import type { SayEvent } from '../say-event.ts';
import type { CertificateIssuer, IssuedCertificate } from './issuer.ts';

export interface RenewalLoopOptions {
  readonly runtime: Runtime;
  readonly issuer: CertificateIssuer;
  readonly say: SayEvent;
  /** There is another certificate for these names: whoever serves them reads it anew. */
  readonly onCertificate: (names: readonly string[]) => void;
  /** Orders under way at once. Default 3. */
  readonly ordersMax?: number;
  /** For one order, and for one question. Defaults 5 min and 30 s. */
  readonly orderTimeoutMs?: number;
  readonly askTimeoutMs?: number;
}

/** For status and the admin API. */
export interface CertificateStatus {
  readonly names: readonly string[];
  readonly phase: 'waiting' | 'ordering';
  /** Null: there is none yet. */
  readonly notAfter: Timestamp | null;
  /** When the next order is due; null while one is under way. */
  readonly nextAttempt: Timestamp | null;
  readonly failures: number;
  /** Null after a success. */
  readonly lastError: string | null;
}

/** One set of names. */
interface Tracked {
  readonly names: readonly string[];
  readonly abort: AbortController;
  certificate: IssuedCertificate | null;
  renewal: RenewalState;
  failures: number;
  lastError: string | null;
  isOrdering: boolean;
  wait: Cancel | null;
}

const ORDERS_MAX = 3;
const ORDER_TIMEOUT_MS = 300_000;
const ASK_TIMEOUT_MS = 30_000;
/** Of the life: with less left, a failure is no mere warning. */
const URGENT_SHARE = 0.2;

export class RenewalLoop {
  readonly #options: RenewalLoopOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** Who waits for one of the orders at once. */
  readonly #queue: Tracked[] = [];
  #orders = 0;
  #working = new Set<Promise<void>>();

  constructor(options: RenewalLoopOptions) {
    this.#options = options;
  }

  /** Sets what is wanted. What stays keeps its state; orders for what goes are ended. */
  apply(wanted: readonly (readonly string[])[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const [key, tracked] of this.#tracked) {
      if (keys.has(key)) continue;
      this.#tracked.delete(key);
      stop(tracked);
    }
    for (const names of wanted) {
      const key = keyOf(names);
      if (this.#tracked.has(key)) continue;
      const tracked = newlyTracked(names, this.#options.runtime.random());
      this.#tracked.set(key, tracked);
      this.#run(tracked, () => this.#begin(tracked));
    }
  }

  status(): CertificateStatus[] {
    return Array.from(this.#tracked.values(), (tracked) => ({
      names: tracked.names,
      phase: tracked.isOrdering ? 'ordering' : 'waiting',
      notAfter: tracked.certificate?.notAfter ?? null,
      nextAttempt: tracked.isOrdering ? null : timestamp(Math.max(orderTime(tracked.renewal), tracked.renewal.attemptAt)),
      failures: tracked.failures,
      lastError: tracked.lastError,
    }));
  }

  /** Ends all orders; resolves when none is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.apply([]);
    await Promise.all(this.#working);
  }

  async #begin(tracked: Tracked): Promise<void> {
    const { issuer, say } = this.#options;
    const { certificate, fault, past } = await issuer.stored(tracked.names);
    if (fault !== null) say('warn', 'certificate-unusable', { names: tracked.names.join(' '), reason: fault });
    if (certificate !== null) this.#adopt(tracked, certificate);
    if (past === null) return;
    tracked.failures = past.failures;
    tracked.lastError = past.reason;
    tracked.renewal = { ...tracked.renewal, attemptAt: past.notBefore };
  }

  /** Does a piece of work, then what comes next. Nothing escapes: a fault here must not take the program down. */
  #run(tracked: Tracked, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => this.#fail(tracked, error))
      .catch(() => {})
      .then(() => {
        this.#working.delete(running);
        this.#proceed(tracked);
      });
    this.#working.add(running);
  }

  #proceed(tracked: Tracked): void {
    if (tracked.abort.signal.aborted) return;
    const step = renewalStep(tracked.renewal, this.#options.runtime.clock.wall());
    switch (step.kind) {
      case 'wait':
        tracked.wait = this.#options.runtime.timers.after(step.ms, () => {
          tracked.wait = null;
          this.#proceed(tracked);
        });
        return;
      case 'ask':
        return this.#run(tracked, () => this.#ask(tracked));
      case 'issue':
        tracked.isOrdering = true;
        this.#queue.push(tracked);
        return this.#startOrders();
    }
  }

  #startOrders(): void {
    while (this.#orders < (this.#options.ordersMax ?? ORDERS_MAX)) {
      const tracked = this.#queue.shift();
      if (tracked === undefined) return;
      if (tracked.abort.signal.aborted) continue;
      this.#orders++;
      this.#run(tracked, () =>
        this.#order(tracked).finally(() => {
          tracked.isOrdering = false;
          this.#orders--;
          this.#startOrders();
        }),
      );
    }
  }

  async #order(tracked: Tracked): Promise<void> {
    const { issuer, say, runtime, onCertificate } = this.#options;
    const start = runtime.clock.now();
    const timeoutMs = this.#options.orderTimeoutMs ?? ORDER_TIMEOUT_MS;
    const certificate = await this.#bounded(tracked, timeoutMs, (signal) => issuer.issue(tracked.names, tracked.certificate, signal));
    this.#adopt(tracked, certificate);
    tracked.renewal = { ...tracked.renewal, attemptAt: timestamp(runtime.clock.wall() + settledPauseMs(certificate)) };
    await issuer.remember(tracked.names, null);
    if (tracked.abort.signal.aborted) return;
    const notAfter = new Date(certificate.notAfter).toISOString();
    say('info', 'certificate-issued', { names: tracked.names.join(' '), notAfter, tookMs: Math.round(runtime.clock.now() - start) });
    onCertificate(tracked.names);
  }

  /** A server that does not answer the question changes nothing: the window that is known, or two thirds of the life, stands. */
  async #ask(tracked: Tracked): Promise<void> {
    const { issuer, runtime } = this.#options;
    const id = tracked.certificate?.renewalId ?? null;
    const timeoutMs = this.#options.askTimeoutMs ?? ASK_TIMEOUT_MS;
    let retryAfterMs: number | null = null;
    try {
      const info = id === null ? null : await this.#bounded(tracked, timeoutMs, (signal) => issuer.renewalInfo(id, signal));
      if (info === null) {
        tracked.renewal = { ...tracked.renewal, askAt: null };
        return;
      }
      tracked.renewal = { ...tracked.renewal, window: info.window };
      retryAfterMs = info.retryAfterMs;
    } catch (error) {
      if (tracked.abort.signal.aborted) return;
      retryAfterMs = issuer.explain(error).retryAfterMs;
    }
    tracked.renewal = { ...tracked.renewal, askAt: timestamp(runtime.clock.wall() + askPauseMs(retryAfterMs)) };
  }

  #adopt(tracked: Tracked, certificate: IssuedCertificate): void {
    const { runtime } = this.#options;
    tracked.certificate = certificate;
    tracked.failures = 0;
    tracked.lastError = null;
    const askAt = certificate.renewalId === null ? null : runtime.clock.wall();
    const { notBefore, notAfter } = certificate;
    tracked.renewal = { life: { notBefore, notAfter }, window: null, askAt, attemptAt: timestamp(0), share: runtime.random() };
  }

  async #fail(tracked: Tracked, error: unknown): Promise<void> {
    if (tracked.abort.signal.aborted) return;
    const { issuer, runtime, say } = this.#options;
    const now = runtime.clock.wall();
    const { isUnreachable, retryAfterMs, reason } = issuer.explain(error);
    const { life } = tracked.renewal;
    const remainingMs = life === null ? null : life.notAfter - now;
    tracked.failures++;
    tracked.lastError = reason;
    const pauseMs = failurePauseMs({ failures: tracked.failures, isUnreachable, retryAfterMs, remainingMs }, runtime.random);
    const attemptAt = timestamp(now + pauseMs);
    tracked.renewal = { ...tracked.renewal, attemptAt };
    const isUrgent = life === null || life.notAfter - now < (life.notAfter - life.notBefore) * URGENT_SHARE;
    const nextAttempt = new Date(attemptAt).toISOString();
    say(isUrgent ? 'error' : 'warn', 'certificate-failed', {
      names: tracked.names.join(' '),
      reason,
      failures: tracked.failures,
      nextAttempt,
    });
    await issuer.remember(tracked.names, { failures: tracked.failures, notBefore: attemptAt, reason });
  }

  async #bounded<Value>(tracked: Tracked, timeoutMs: number, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const deadline = new AbortController();
    const cancel = this.#options.runtime.timers.after(timeoutMs, () => {
      deadline.abort(new DOMException(`not done within ${Math.round(timeoutMs / 1_000)} s`, 'TimeoutError'));
    });
    try {
      return await work(AbortSignal.any([deadline.signal, tracked.abort.signal]));
    } finally {
      cancel();
    }
  }
}

function newlyTracked(names: readonly string[], share: number): Tracked {
  const renewal: RenewalState = { life: null, window: null, askAt: null, attemptAt: timestamp(0), share };
  const abort = new AbortController();
  return { names, abort, certificate: null, renewal, failures: 0, lastError: null, isOrdering: false, wait: null };
}

function stop(tracked: Tracked): void {
  tracked.wait?.();
  tracked.wait = null;
  tracked.abort.abort(new Error('no longer wanted'));
}

function keyOf(names: readonly string[]): string {
  return names.toSorted().join(' ');
}
