/**
 * Certificates by ACME, ordered by a process of their own that is there while there is something to do. What it needs would stay in the gateway for good (about
 * 17 MiB, for some seconds of work in two months), and so would the account's key.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { AcmeSettings } from '../../config/compile.ts';
import { type AcmeChallengesPlan, NO_CHALLENGES } from '../../config/plan.ts';
import { inheritedFlags } from '../../io/plan-process.ts';
import { endWithUs } from '../../io/processes.ts';
import type { CertificateIssuer, IssuedCertificate, OrderRefusal, PastFailures } from './issuer.ts';
import type { FromIssuing, IssuingCall, ToIssuing } from './issuing-protocol.ts';

export interface IssuingProcessOptions {
  readonly settings: AcmeSettings;
  /** Resolves when every worker shows exactly these. */
  readonly publish: (challenges: AcmeChallengesPlan) => Promise<void>;
  /** How long it stays after its last answer. Default 10 s. */
  readonly idleMs?: number;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const IDLE_MS = 10_000;
/** For an order that is ended to take its proofs away. */
const ABORT_GRACE_MS = 2_000;

/** The issuer's answer when it has no certificate. */
class Refused extends Error {
  readonly refusal: OrderRefusal;

  constructor(refusal: OrderRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

export class IssuingProcess implements CertificateIssuer {
  readonly #options: IssuingProcessOptions;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #idle: NodeJS.Timeout | null = null;
  #isShowing = false;
  #isClosed = false;
  #asked = 0;

  constructor(options: IssuingProcessOptions) {
    this.#options = options;
  }

  /** Of the process that runs; null when there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  stored(names: readonly string[]): ReturnType<CertificateIssuer['stored']> {
    return this.#call({ method: 'stored', names }, null) as ReturnType<CertificateIssuer['stored']>;
  }

  issue(names: readonly string[], previous: IssuedCertificate | null, signal: AbortSignal): Promise<IssuedCertificate> {
    return this.#call({ method: 'issue', names, previous }, signal) as Promise<IssuedCertificate>;
  }

  renewalInfo(certificate: string, signal: AbortSignal): ReturnType<CertificateIssuer['renewalInfo']> {
    return this.#call({ method: 'renewalInfo', certificate }, signal) as ReturnType<CertificateIssuer['renewalInfo']>;
  }

  async remember(names: readonly string[], past: PastFailures | null): Promise<void> {
    await this.#call({ method: 'remember', names, past }, null).catch(() => {});
  }

  explain(error: unknown): OrderRefusal {
    if (error instanceof Refused) return error.refusal;
    return { isUnreachable: false, retryAfterMs: null, reason: error instanceof Error ? error.message : String(error) };
  }

  /** Ends the process; nothing is ordered after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end('closing');
    await this.#ended;
  }

  async #call(call: IssuingCall, signal: AbortSignal | null): Promise<unknown> {
    if (this.#isClosed) throw new Error('closing');
    signal?.throwIfAborted();
    this.#start();
    const id = ++this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    this.#send({ type: 'call', id, call });
    const abort = (): void => {
      this.#send({ type: 'abort', id });
      setTimeout(() => reject(signal?.reason), ABORT_GRACE_MS).unref();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#pending.delete(id);
      this.#rest();
    }
  }

  #start(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#child !== null) return;
    // stdout is the access log's. Detached: a Ctrl-C is for us, who end it.
    const child = fork(new URL('./issuing-process.main.ts', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
      detached: true,
      execArgv: inheritedFlags(process.execArgv),
    });
    this.#child = child;
    const forget = child.pid === undefined ? () => {} : endWithUs(child.pid);
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    const end = (reason: string): void => {
      forget();
      this.#lost(child, reason);
      ended.resolve();
    };
    child.on('message', (message) => this.#received(child, message as FromIssuing));
    child.on('error', (error) => end(`the process that orders certificates cannot be started or reached: ${error.message}`));
    child.on('exit', (code, signal) => end(`the process that orders certificates ended (${signal ?? `exit code ${code}`})`));
    this.#send({ type: 'settings', settings: this.#options.settings });
  }

  #send(message: ToIssuing): void {
    this.#child?.send(message, () => {}); // What keeps it from arriving ends the process, and so answers.
  }

  #received(child: ChildProcess, message: FromIssuing): void {
    if (child !== this.#child) return;
    switch (message.type) {
      case 'done':
        return this.#pending.get(message.id)?.resolve(message.value);
      case 'failed':
        return this.#pending.get(message.id)?.reject(new Refused(message.refusal));
      case 'publish':
        return void this.#publish(message.id, message.challenges);
    }
  }

  async #publish(id: number, challenges: AcmeChallengesPlan): Promise<void> {
    this.#isShowing = challenges.http.length > 0 || challenges.tls.length > 0;
    const error = await this.#options.publish(challenges).then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
    );
    this.#send({ type: 'published', id, error });
  }

  /** Nothing to do: it ends after a while. */
  #rest(): void {
    if (this.#pending.size > 0 || this.#child === null || this.#idle !== null) return;
    this.#idle = setTimeout(() => this.#end(''), this.#options.idleMs ?? IDLE_MS).unref();
  }

  #end(reason: string): void {
    const child = this.#child;
    if (child === null) return;
    this.#lost(child, reason);
    child.kill('SIGKILL');
  }

  /** It is gone, or is to go, and its proofs prove nothing any more. */
  #lost(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return;
    this.#child = null;
    for (const { reject } of this.#pending.values()) reject(new Error(reason));
    if (!this.#isShowing) return;
    this.#isShowing = false;
    this.#options.publish(NO_CHALLENGES).catch(() => {});
  }
}
