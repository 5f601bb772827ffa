/**
 * Calls functions of the configuration that are scaling signals, in a process of its own: one that loops, exits or fills the memory costs a figure, not the gateway. The
 * process starts with the first call and stays; one that does not answer in time is killed, and started again after a while that doubles with each failure.
 * It ends with us.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import type { ScalingFacts } from '../config/scaling-facts.ts';
import { type BackoffPolicy, backoffDelay } from '../core/fleet/backoff.ts';
import { inheritedFlags } from './plan-process.ts';
import { endWithUs } from './processes.ts';
import type { FromSignalProcess, SignalCall } from './signal-process-protocol.ts';

export interface SignalProcessLimits {
  /** For the process to start and to load the configuration. */
  readonly startMs: number;
  readonly restart: BackoffPolicy;
}

const LIMITS: SignalProcessLimits = { startMs: 10_000, restart: { baseMs: 1_000, maxMs: 60_000, jitter: 0.2 } };

/** A figure is a small thing to work out. */
const HEAP_MEGABYTES_MAX = 256;

interface Waiting {
  readonly resolve: (value: number) => void;
  readonly reject: (reason: Error) => void;
}

/** One life of the process. */
interface Life {
  readonly child: ChildProcess;
  /** Rejects when the configuration cannot be loaded, or the process ends first. */
  readonly loaded: PromiseWithResolvers<void>;
  readonly waiting: Map<number, Waiting>;
  /** Calls that are under way, those that wait for the configuration included. */
  calls: number;
  isOver: boolean;
}

export class SignalProcess {
  readonly #limits: SignalProcessLimits;
  #path: string | null = null;
  #life: Life | null = null;
  #calls = 0;
  #failures = 0;
  #blockedUntil = 0;

  constructor(limits: SignalProcessLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Of the process that runs; null when there is none. */
  get pid(): number | null {
    return this.#life?.child.pid ?? null;
  }

  /** Functions come from this file from now on, read anew; null: there is none. */
  follow(path: string | null): void {
    this.#path = path;
    this.#failures = 0;
    this.#blockedUntil = 0;
    const life = this.#life;
    this.#life = null;
    // What is under way may end.
    if (life?.calls === 0) this.#end(life, 'not needed any more');
  }

  /**
   * Calls a function.
   * @param deadlineMs For the answer, from when the configuration is loaded.
   * @returns What it returned: any number.
   * @throws {Error} whatever goes wrong, in words for people.
   */
  async call(key: SignalCall['key'], facts: ScalingFacts, deadlineMs: number): Promise<number> {
    const life = this.#life ?? this.#start();
    life.calls += 1;
    try {
      await this.#within(life, life.loaded.promise, this.#limits.startMs, 'the configuration was not loaded');
      const value = await this.#within(life, ask(life, { id: ++this.#calls, key, facts }), deadlineMs, 'it did not return');
      this.#failures = 0;
      return value;
    } finally {
      life.calls -= 1;
      if (life.calls === 0 && life !== this.#life) this.#end(life, 'not needed any more');
    }
  }

  /** Ends the process. */
  close(): void {
    this.#path = null;
    if (this.#life !== null) this.#end(this.#life, 'sluice is stopping');
  }

  async #within<T>(life: Life, answer: Promise<T>, deadlineMs: number, what: string): Promise<T> {
    const timer = setTimeout(() => this.#lost(life, `${what} within ${deadlineMs / 1_000} s; its process was ended`), deadlineMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #start(): Life {
    if (this.#path === null) throw new Error('there is no configuration file that could have a function');
    const waitMs = this.#blockedUntil - performance.now();
    if (waitMs > 0)
      throw new Error(`its process failed ${this.#failures} times in a row; it is started again in ${(waitMs / 1_000).toFixed(1)} s`);
    // stdout is the access log's: what a function prints goes to stderr. Detached: a Ctrl-C is for us, who end it.
    const child = fork(new URL('./signal-process.main.ts', import.meta.url), [this.#path], {
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
      detached: true,
      execArgv: [...inheritedFlags(process.execArgv), `--max-old-space-size=${HEAP_MEGABYTES_MAX}`],
    });
    const life: Life = { child, loaded: Promise.withResolvers(), waiting: new Map(), calls: 0, isOver: false };
    life.loaded.promise.catch(() => {}); // Whoever waits for it hears of it.
    this.#life = life;
    const forget = child.pid === undefined ? () => {} : endWithUs(child.pid);
    child.on('message', (message) => this.#received(life, message as FromSignalProcess));
    child.on('error', (error) => this.#lost(life, `its process cannot be started or reached: ${error.message}`));
    child.on('exit', (code, signal) => {
      forget();
      this.#lost(life, `its process ended (${signal ?? `exit code ${code}`}); a function must return, and leave nothing that fails later`);
    });
    // It keeps nobody alive.
    child.unref();
    child.channel?.unref();
    return life;
  }

  #received(life: Life, message: FromSignalProcess): void {
    if (message.type === 'answer') life.waiting.get(message.id)?.resolve(message.value);
    else if (message.type === 'fault') life.waiting.get(message.id)?.reject(new Error(message.reason));
    else if (message.fault === null) life.loaded.resolve();
    else this.#lost(life, `the configuration cannot be loaded: ${message.fault}`);
  }

  /** It failed: the next one has to wait. */
  #lost(life: Life, reason: string): void {
    if (life === this.#life) {
      this.#failures += 1;
      this.#blockedUntil = performance.now() + backoffDelay(this.#limits.restart, this.#failures, Math.random);
    }
    this.#end(life, reason);
  }

  #end(life: Life, reason: string): void {
    if (life.isOver) return;
    life.isOver = true;
    if (life === this.#life) this.#life = null;
    life.child.kill('SIGKILL');
    const error = new Error(reason);
    life.loaded.reject(error);
    for (const { reject } of life.waiting.values()) reject(error);
  }
}

async function ask({ child, waiting }: Life, call: SignalCall): Promise<number> {
  const answer = Promise.withResolvers<number>();
  waiting.set(call.id, answer);
  child.send(call, () => {}); // What keeps it from arriving ends the process, and so answers.
  try {
    return await answer.promise;
  } finally {
    waiting.delete(call.id);
  }
}
