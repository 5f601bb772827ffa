/**
 * The configuration, loaded and compiled in a process of its own (decision 9): the schema never becomes resident in the gateway's, and a configuration that loops,
 * exits or crashes costs an answer, not the gateway. The process stays for a while after an answer, so that the next reload finds it warm and brings
 * only the routes that differ; one that has run a configuration module is not used again, so that nothing of the module is left.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Fault } from '../config/fault.ts';
import type { RoutePlan } from '../config/plan.ts';
import { unpackRoutes } from '../config/route-message.ts';
import { isConfigModule } from './config-path.ts';
import type { PlanOptions, PlanResult } from './load-plan.ts';
import type { FromPlanProcess, PackedResult, PlanQuestion, PlanSource } from './plan-process-protocol.ts';
import { endWithUs } from './processes.ts';

export interface PlanProcessLimits {
  /** For the process to start; then for the answer, when the configuration is a module. */
  readonly deadlineMs: number;
  /** The same for one that is not code: it does not loop, but a large YAML file takes a second per megabyte. */
  readonly textDeadlineMs: number;
  /** How long it stays after an answer. */
  readonly idleMs: number;
}

const LIMITS: PlanProcessLimits = { deadlineMs: 10_000, textDeadlineMs: 60_000, idleMs: 30_000 };

/** It works in bursts and makes much that soon is garbage: a large young generation from the start halves what the collector takes. */
const YOUNG_GENERATION = ['--min-semi-space-size=32', '--max-semi-space-size=64'];

/** The question that waits for its answer. */
interface Pending {
  readonly id: number;
  readonly deadlineMs: number;
  readonly settle: (result: PackedResult) => void;
}

export class PlanProcess {
  readonly #limits: PlanProcessLimits;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pending: Pending | null = null;
  /** What is asked next waits for it. */
  #queue: Promise<unknown> = Promise.resolve();
  #asked = 0;
  /** The last answer of the process that runs. */
  #held: { readonly id: number; readonly routes: readonly RoutePlan[] } = { id: 0, routes: [] };

  constructor(limits: PlanProcessLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Of the process that runs; null when there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Starts the process before it is needed. */
  start(): void {
    if (this.#child === null) this.#fork();
  }

  /** Loads a configuration and makes its Plan. Never rejects: whatever goes wrong is a fault. */
  load(source: PlanSource, options: PlanOptions): Promise<PlanResult> {
    const answer = this.#queue.then(() => this.#ask(source, options));
    this.#queue = answer;
    return answer;
  }

  /** Ends the process. */
  close(): void {
    this.#end('sluice is stopping: the configuration is not loaded any more');
  }

  async #ask(source: PlanSource, options: PlanOptions): Promise<PlanResult> {
    this.start();
    const id = ++this.#asked;
    const isModule = source.kind === 'file' && source.path !== null && isConfigModule(source.path);
    const deadlineMs = isModule ? this.#limits.deadlineMs : this.#limits.textDeadlineMs;
    const question: PlanQuestion = { id, source, options, base: this.#held.id };
    const result = await new Promise<PackedResult>((settle) => {
      this.#pending = { id, deadlineMs, settle };
      this.#wait(deadlineMs);
      this.#child?.send(question, () => {}); // What keeps it from arriving ends the process, and so answers.
    });
    const unpacked = this.#unpack(id, result);
    if (result.path !== null && isConfigModule(result.path)) this.#end('');
    else this.#rest();
    return unpacked;
  }

  #unpack(id: number, result: PackedResult): PlanResult {
    if (!result.ok) return result;
    const routes = unpackRoutes(result.routes, this.#held.routes);
    this.#held = { id, routes };
    return { ...result, plan: { ...result.plan, routes } };
  }

  #fork(): void {
    // stdout is the access log's: what a module prints goes to stderr. Detached: a Ctrl-C is for us, who end it.
    const child = fork(new URL('./plan-process.main.ts', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
      detached: true,
      execArgv: [...inheritedFlags(process.execArgv), ...YOUNG_GENERATION],
    });
    this.#child = child;
    this.#held = { id: 0, routes: [] };
    const forget = child.pid === undefined ? () => {} : endWithUs(child.pid);
    child.on('message', (message) => this.#received(child, message as FromPlanProcess));
    child.on('error', (error) =>
      this.#lost(child, `the process that loads the configuration cannot be started or reached: ${error.message}`),
    );
    child.on('exit', (code, signal) => {
      forget();
      this.#lost(
        child,
        `the configuration ended the process that loads it (${signal ?? `exit code ${code}`}): it must return, and not call process.exit`,
      );
    });
    this.#rest();
  }

  #received(child: ChildProcess, message: FromPlanProcess): void {
    if (child !== this.#child || this.#pending === null) return;
    if (message.type === 'ready') this.#wait(this.#pending.deadlineMs);
    else if (message.type === 'answer' && message.id === this.#pending.id) this.#settle(message.result);
  }

  /** It is busy: keeps us alive, and has a deadline. */
  #wait(deadlineMs: number): void {
    this.#child?.ref();
    this.#child?.channel?.ref();
    const late = `the configuration was not loaded within ${deadlineMs / 1_000} s: does it loop, or wait for something that does not come?`;
    this.#setTimer(setTimeout(() => this.#end(late), deadlineMs));
  }

  /** It has nothing to do: keeps nobody alive, and ends after a while. */
  #rest(): void {
    this.#child?.unref();
    this.#child?.channel?.unref();
    this.#setTimer(setTimeout(() => this.#end(''), this.#limits.idleMs).unref());
  }

  #setTimer(timer: NodeJS.Timeout | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = timer;
  }

  #end(reason: string): void {
    const child = this.#child;
    if (child === null) return;
    this.#lost(child, reason);
    child.kill('SIGKILL');
  }

  /** It is gone, or is not waited for any more. */
  #lost(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return;
    this.#child = null;
    this.#setTimer(null);
    child.unref();
    child.channel?.unref();
    const fault: Fault = { path: '', message: reason, suggestion: null };
    this.#settle({ ok: false, path: null, faults: [fault] });
  }

  #settle(result: PackedResult): void {
    const pending = this.#pending;
    this.#pending = null;
    pending?.settle(result);
  }
}

/** Flags that concern the runtime go on to the child; what belongs to our own entry (a debugger's port, code on the command line) does not. */
export function inheritedFlags(flags: readonly string[]): string[] {
  const inherited: string[] = [];
  for (let index = 0; index < flags.length; index++) {
    const flag = flags[index]!;
    if (/^(-e|--eval|-p|--print|-pe)$/.test(flag)) index++;
    else if (!/^--(inspect|input-type|eval=|print=|test)/.test(flag)) inherited.push(flag);
  }
  return inherited;
}
