/**
 * A worker's way to its thread of libmodsecurity: questions with a deadline, a bounded number of them, and a thread that is made anew when it ends. Rules are read once per thread and version
 * (the Core Rule Set: 0.16 s, 20 MiB).
 */
import { Worker } from 'node:worker_threads';
import type { ModSecurityPlan } from '../../config/filters/waf-plan.ts';
import type { ModSecurityRequest, ModSecurityVerdict } from '../../io/modsecurity.ts';
import type { SharedPart } from '../filters/shared-parts.ts';
import type { ModSecurityAnswer, ModSecurityQuestion } from './modsecurity-protocol.ts';

/** Before a thread that ended is made anew. */
const AGAIN_MS = 1_000;
/** Less than what a reload waits for. */
const LOAD_MS = 8_000;

/** `busy`: too many wait, or there is no thread. `late`: its time is over. `failed`: the engine could not look at it. */
export type ModSecurityResult = ModSecurityVerdict | 'busy' | 'late' | 'failed';

interface Waiting {
  settle(result: ModSecurityResult): void;
  readonly timer: NodeJS.Timeout;
}

/** By which a client is shared: all routes with the same rules have one thread. */
export function clientName({ rules, version }: ModSecurityPlan): string {
  return `modsecurity ${version} ${rules.join(' ')}`;
}

export class ModSecurityClient implements SharedPart {
  private readonly rules: readonly string[];
  private thread: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  /** Questions that the thread has not answered, whether somebody still waits or not. */
  private asked = 0;
  private lastId = 0;
  private again: NodeJS.Timeout | null = null;
  private loaded: Promise<void> | null = null;
  private isClosed = false;

  constructor(plan: ModSecurityPlan) {
    this.rules = plan.rules;
  }

  /** The rules are read. Rejects with the reason when they cannot be used. */
  ready(): Promise<void> {
    return (this.loaded ??= this.start());
  }

  /** Asks for a verdict. Never rejects; settles within `timeoutMs`. */
  judge(request: ModSecurityRequest, { queueMax, timeoutMs }: ModSecurityPlan): Promise<ModSecurityResult> {
    const { thread } = this;
    if (thread === null || this.asked >= queueMax) return Promise.resolve('busy');
    return new Promise((settle) => {
      const id = ++this.lastId;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        settle('late');
      }, timeoutMs);
      this.waiting.set(id, { settle, timer });
      this.asked++;
      const question: ModSecurityQuestion = { id, request, expires: Date.now() + timeoutMs };
      thread.postMessage(question);
    });
  }

  close(): void {
    this.isClosed = true;
    if (this.again !== null) clearTimeout(this.again);
    void this.thread?.terminate();
    this.thread = null;
    this.failAll();
  }

  private start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const thread = new Worker(new URL('./modsecurity.main.ts', import.meta.url), {
      workerData: { rules: this.rules },
      name: 'sluice-modsecurity',
    });
    thread.unref();
    const timer = setTimeout(() => {
      reject(new Error(`rules of modSecurity were not read within ${LOAD_MS / 1000} s`));
      void thread.terminate();
    }, LOAD_MS);
    thread.on('message', (message: ModSecurityAnswer) => {
      if (message.kind === 'verdict') return this.answered(message.id, message.verdict);
      clearTimeout(timer);
      if (message.kind === 'unusable') return reject(new Error(message.reason));
      this.thread = this.isClosed ? null : thread;
      resolve();
    });
    thread.on('error', reject); // 'exit' follows
    thread.on('exit', () => {
      clearTimeout(timer);
      reject(new Error('the thread of modSecurity has ended'));
      this.ended(thread);
    });
    return promise;
  }

  private answered(id: number, verdict: ModSecurityVerdict | null): void {
    this.asked--;
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.settle(verdict ?? 'failed');
  }

  private ended(thread: Worker): void {
    if (this.thread !== thread) return;
    this.thread = null;
    this.failAll();
    if (this.isClosed) return;
    this.again = setTimeout(() => void this.start().catch(() => this.retry()), AGAIN_MS);
  }

  private retry(): void {
    if (!this.isClosed) this.again = setTimeout(() => void this.start().catch(() => this.retry()), AGAIN_MS);
  }

  private failAll(): void {
    this.asked = 0;
    for (const { settle, timer } of this.waiting.values()) {
      clearTimeout(timer);
      settle('failed');
    }
    this.waiting.clear();
  }
}
