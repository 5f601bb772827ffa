/**
 * Hears what happens to containers with one label: the engine's event stream, opened anew with backoff whenever it ends. While it is closed nothing is
 * known; whoever listens looks at everything once it is open again. Events may be lost without a trace, so they are told to look from time to time anyway.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { backoffDelay } from '../../core/fleet/backoff.ts';
import type { ContainerEngine } from './container-engine.ts';
import { readJsonLines } from './json-lines.ts';

export interface EngineListener {
  /** Something was said of this container. */
  happened(id: string, action: string): void;
  /** What is known may be old: look at everything. */
  look(): void;
}

const BACKOFF = { baseMs: 100, maxMs: 5_000, jitter: 0.5 } as const;
const LOOK_EVERY_MS = 10_000;

interface EngineEvent {
  readonly Action?: string;
  readonly status?: string;
  readonly id?: string;
  readonly Actor?: { readonly ID?: string };
}

export class EngineWatch implements Disposable {
  readonly #runtime: Runtime;
  readonly #engine: ContainerEngine;
  readonly #label: string;
  readonly #listener: EngineListener;
  readonly #abort = new AbortController();
  readonly #cancelLook: Cancel;
  #wakeUp: () => void = () => {};

  constructor(runtime: Runtime, engine: ContainerEngine, label: string, listener: EngineListener) {
    this.#runtime = runtime;
    this.#engine = engine;
    this.#label = label;
    this.#listener = listener;
    this.#cancelLook = runtime.timers.every(LOOK_EVERY_MS, () => listener.look());
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    this.#cancelLook();
    this.#wakeUp();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted;) {
      failures = (await this.#listen()) ? 1 : failures + 1;
      if (!signal.aborted) await this.#pause(failures);
    }
  }

  /** @returns Whether it was open. */
  async #listen(): Promise<boolean> {
    const { signal } = this.#abort;
    const stream = await this.#engine.events(this.#label, signal).catch(() => null);
    if (stream === null) return false;
    this.#listener.look();
    for await (const event of readJsonLines(stream)) {
      const { Action, status, id, Actor } = event as EngineEvent;
      if (!signal.aborted) this.#listener.happened(Actor?.ID ?? id ?? '', Action ?? status ?? '');
    }
    return true;
  }

  #pause(failures: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#runtime.timers.after(backoffDelay(BACKOFF, failures, this.#runtime.random), resolve);
      this.#wakeUp = () => (cancel(), resolve());
    });
  }
}
