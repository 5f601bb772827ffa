/**
 * One instance as a process: performs what the state machine of `core/fleet/process-life.ts` decides and feeds it what happened. Each start
 * gets a free port of its own, since the old one may have been taken in between.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import {
  stepInstance,
  stoppedInstance,
  type InstanceEffect,
  type InstanceEvent,
  type InstancePolicy,
  type InstanceState,
} from '../../core/fleet/process-life.ts';
import type { ProcessEnd, RunningProcess, StartProcess } from '../../io/processes.ts';
import type { ProbeReadiness } from '../../io/readiness.ts';
import type { SayEvent } from '../say-event.ts';

/** What an instance is and how it is asked whether it answers. */
export interface InstanceSpec {
  /** `web.1`. */
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Where it is to listen; given to it as HOST. */
  readonly host: string;
  /** Path that answers 200–399 when it is ready; null asks for a TCP connection only. */
  readonly healthPath: string | null;
  readonly probeTimeoutMs: number;
}

/** What a runner may do to the world. */
export interface InstanceWorld {
  readonly runtime: Runtime;
  readonly policy: InstancePolicy;
  readonly startProcess: StartProcess;
  readonly probe: ProbeReadiness;
  /** A port that nobody uses, until `giveBackPort`. */
  readonly takePort: (host: string) => Promise<number>;
  readonly giveBackPort: (port: number) => void;
  readonly say: SayEvent;
  readonly line: (instance: string, stream: 'stdout' | 'stderr', line: string) => void;
  /** It can, or can no longer, take requests. Resolves when whoever sends them knows. */
  readonly changed: () => Promise<void>;
  /** There was not even a process to exit: no such program, no permission. */
  readonly unstartable: (reason: string) => void;
}

export class InstanceRunner {
  readonly spec: InstanceSpec;
  readonly #world: InstanceWorld;
  #state: InstanceState;
  #process: RunningProcess | null = null;
  #port: number | null = null;
  /** Counts starts; answers that belong to an earlier one are dropped. */
  #run = 0;
  #cancelProbe: Cancel | null = null;
  #cancelWake: Cancel | null = null;
  #stopped: (() => void)[] = [];
  /** Settled when those who send requests know that it is ready. */
  #known: Promise<void> = Promise.resolve();

  constructor(spec: InstanceSpec, world: InstanceWorld) {
    this.spec = spec;
    this.#world = world;
    this.#state = stoppedInstance(world.runtime.clock.now());
  }

  /** Where it takes requests; null while it does not. */
  get address(): { readonly host: string; readonly port: number } | null {
    return this.#state.phase === 'ready' && this.#port !== null ? { host: this.spec.host, port: this.#port } : null;
  }

  start(): void {
    this.#dispatch({ type: 'start' });
  }

  /** Resolves when no process is left. */
  stop(): Promise<void> {
    this.#dispatch({ type: 'stop' });
    if (this.#state.phase === 'stopped') return Promise.resolve();
    return new Promise((resolve) => this.#stopped.push(resolve));
  }

  /** SIGKILL now. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  #dispatch(event: InstanceEvent): void {
    const { clock, random } = this.#world.runtime;
    const { state, effects } = stepInstance(this.#state, event, clock.now(), random, this.#world.policy);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state.phase !== 'stopped') return;
    this.#cancelWake?.();
    for (const resolve of this.#stopped.splice(0)) resolve();
  }

  #perform(effect: InstanceEffect): void {
    switch (effect.type) {
      case 'spawn':
        void this.#spawn(++this.#run);
        return;
      case 'probe':
        this.#cancelProbe?.();
        this.#cancelProbe = this.#world.runtime.timers.after(effect.afterMs, () => void this.#probe(this.#run));
        return;
      case 'kill':
        return this.#process?.kill(effect.signal);
      case 'wake':
        this.#cancelWake?.();
        this.#cancelWake = this.#world.runtime.timers.after(effect.afterMs, () => this.#dispatch({ type: 'due' }));
        return;
      case 'up':
        this.#known = this.#world.changed();
        return;
      case 'down':
        void this.#world.changed();
        return;
      case 'say':
        return this.#say(effect);
    }
  }

  #say({ level, what, detail }: Extract<InstanceEffect, { type: 'say' }>): void {
    const say = (): void => this.#world.say(level, what, { instance: this.spec.name, detail });
    // "Ready" is a promise to people and scripts that a request finds it.
    if (what === 'instance-ready') void this.#known.then(say);
    else say();
  }

  async #spawn(run: number): Promise<void> {
    const { name, command, cwd, env, host } = this.spec;
    const port = await this.#world.takePort(host).catch((error: Error) => error);
    if (port instanceof Error) return this.#dispatch({ type: 'exited', reason: `no port: ${port.message}` });
    if (this.#state.phase !== 'starting' || run !== this.#run) {
      this.#world.giveBackPort(port);
      return this.#dispatch({ type: 'exited', reason: 'stopped before its start' });
    }
    this.#port = port;
    this.#process = this.#world.startProcess({
      command,
      cwd,
      env: { ...env, PORT: String(port), HOST: host, SLUICE_INSTANCE: name },
      line: (stream, line) => this.#world.line(name, stream, line),
      exited: (end) => this.#exited(end),
    });
  }

  #exited(end: ProcessEnd): void {
    this.#process = null;
    this.#cancelProbe?.();
    if (this.#port !== null) this.#world.giveBackPort(this.#port);
    this.#port = null;
    this.#dispatch({ type: 'exited', reason: end.reason });
    if (!end.hasStarted) this.#world.unstartable(end.reason);
  }

  async #probe(run: number): Promise<void> {
    const { host, healthPath, probeTimeoutMs } = this.spec;
    const port = this.#port;
    const probe = healthPath === null ? ({ kind: 'tcp' } as const) : ({ kind: 'http', path: healthPath } as const);
    const isUp = port !== null && (await this.#world.probe({ target: { kind: 'tcp', host, port }, probe, timeoutMs: probeTimeoutMs }));
    if (run === this.#run && (port === null || port === this.#port)) this.#dispatch({ type: isUp ? 'answered' : 'silent' });
  }
}
