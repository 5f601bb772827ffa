/**
 * One container that runs, started by us or by an earlier life of Sluice. Its end is what the engine says when it is asked: while the engine is away nothing is
 * known, and nothing is said. What has ended is removed; its last lines are read first.
 */
import { constants } from 'node:os';
import type { EngineFault } from '../../clients/container-engine/engine-fault.ts';
import type { ContainerState } from '../../clients/container-engine/container-state.ts';
import type { ContainerUsage } from '../../clients/container-engine/container-usage.ts';
import type { ResourcesPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { SharedEngine, WatchedContainer } from './container-driver-engine.ts';
import { ContainerLog } from './container-driver-log.ts';
import { changedBounds } from './container-driver-spec.ts';
import type { DrivenInstance, InstanceEnd, InstanceWatch } from './runner.ts';

export interface ContainerParts {
  readonly id: string;
  readonly version: string;
  readonly target: AddressPlan;
  readonly state: ContainerState;
  readonly shared: SharedEngine;
  readonly watch: InstanceWatch;
  /** An earlier life started it, and has shown what it wrote. */
  readonly isAdopted: boolean;
  /** Nothing is left of it. */
  readonly released: () => void;
}

/** Readings are kept for so long: shorter than the time between two that are made in earnest. */
const USAGE_MS = 1_000;
/** Engines hear of a lack of memory from another place than of the end, at times later. */
const MEMORY_NEWS_MS = 300;
/** 128 + SIGKILL: also how an init program tells of its child. */
const KILLED = 137;
/** How init programs and shells tell of a program that could not be run. */
const EXIT_WORDS: ReadonlyMap<number, string> = new Map([
  [126, ': its program may not be run (check run.container.command, user)'],
  [127, ': there is no such program in its image (check run.container.command)'],
]);

export class ContainerInstance implements DrivenInstance, WatchedContainer {
  readonly id: string;
  readonly version: string;
  readonly target: AddressPlan;
  /** The container's id. */
  readonly handle: string;
  readonly startedAtMs: number;
  readonly #parts: ContainerParts;
  readonly #log: ContainerLog;
  /** Sent again until the container has ended: the engine may be away. */
  #pending: string | null = null;
  #memoryBytes: number;
  #wasKilled = false;
  #isOutOfMemory = false;
  #isOver = false;
  #looking: Promise<void> | null = null;
  #usage: { readonly at: number; readonly reading: Promise<ContainerUsage | null> } | null = null;

  constructor(parts: ContainerParts) {
    const { id, version, target, state, shared, watch, isAdopted } = parts;
    const { runtime, engine } = shared;
    this.id = id;
    this.version = version;
    this.target = target;
    this.handle = state.id;
    this.startedAtMs = state.startedAtMs || runtime.clock.wall();
    this.#memoryBytes = state.memoryBytes;
    this.#parts = parts;
    const fromMs = isAdopted ? runtime.clock.wall() : 0;
    this.#log = new ContainerLog({ runtime, engine, container: state.id, line: (stream, text) => watch.line(stream, text), fromMs });
    shared.add(this);
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#isOver) return;
    this.#wasKilled ||= signal === 'SIGKILL';
    // Some images ask to be stopped by another signal, as nginx by SIGQUIT.
    this.#pending = signal === 'SIGTERM' ? (this.#parts.state.stopSignal ?? signal) : signal;
    void this.#sendPending();
  }

  async setResources(resources: ResourcesPlan): Promise<string | null> {
    const { engine } = this.#parts.shared;
    const traits = await this.#parts.shared.traits();
    try {
      await engine.update(this.handle, changedBounds(resources, traits));
      this.#memoryBytes = resources.memoryBytes ?? 0;
      return null;
    } catch (error) {
      const { status, message } = error as EngineFault;
      if (status !== 404 || (await engine.inspect(this.handle)) === null) return `the container engine refuses other bounds: ${message}`;
      return `${traits.name} ${traits.version} cannot change the bounds of a container that runs: they hold for instances that start from now on; deploy a new version to replace those that run`;
    }
  }

  usage(): Promise<ContainerUsage | null> {
    if (this.#isOver) return Promise.resolve(null);
    const now = this.#parts.shared.runtime.clock.now();
    if (this.#usage === null || now - this.#usage.at >= USAGE_MS)
      this.#usage = { at: now, reading: this.#parts.shared.engine.usage(this.handle).catch(() => null) };
    return this.#usage.reading;
  }

  detach(): void {
    this.#isOver = true;
    this.#parts.shared.forget(this);
    this.#log.close();
  }

  ranOutOfMemory(): void {
    this.#isOutOfMemory = true;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { engine } = this.#parts.shared;
    let state: ContainerState | null;
    try {
      state = await engine.inspect(this.handle);
    } catch {
      return; // unknown until the engine is back
    }
    if (this.#isOver) return;
    if (state === null || state.hasEnded) await this.#ended(state);
    else if (this.#pending !== null) void this.#sendPending();
  }

  async #sendPending(): Promise<void> {
    const signal = this.#pending;
    if (signal === null) return;
    try {
      await this.#parts.shared.engine.kill(this.handle, signal);
      if (this.#pending === signal) this.#pending = null;
    } catch {
      // Sent again when the engine is back.
    }
  }

  async #ended(state: ContainerState | null): Promise<void> {
    this.#isOver = true;
    const { shared, watch, released } = this.#parts;
    const end = state === null ? { reason: 'its container was removed by somebody else', isOutOfMemory: false } : await this.#endOf(state);
    await this.#log.finish();
    await shared.remove(this.handle);
    shared.forget(this);
    released();
    watch.exited(end);
  }

  async #endOf(state: ContainerState): Promise<InstanceEnd> {
    const mayBeOut = this.#memoryBytes > 0 && !this.#wasKilled && state.exitCode === KILLED;
    if (!mayBeOut) return { reason: exitReason(state), isOutOfMemory: false };
    const bound = `its memory bound of ${Math.round(this.#memoryBytes / 1_048_576)} MiB`;
    if (this.#isOutOfMemory || state.isOutOfMemory || (await this.#hearLate()))
      return { reason: `killed at ${bound}`, isOutOfMemory: true };
    const { name } = await this.#parts.shared.traits().catch(() => ({ name: '' }));
    // Podman (4.3, cgroup v1) misses the kernel's word when the whole container goes at once.
    const doubt = name === 'podman' ? ` (perhaps at ${bound}: Podman does not always tell)` : '';
    return { reason: `${exitReason(state)}${doubt}`, isOutOfMemory: false };
  }

  async #hearLate(): Promise<boolean> {
    const { runtime, engine } = this.#parts.shared;
    await new Promise<void>((resolve) => void runtime.timers.after(MEMORY_NEWS_MS, resolve));
    const state = await engine.inspect(this.handle).catch(() => null);
    return this.#isOutOfMemory || state?.isOutOfMemory === true;
  }
}

function exitReason({ exitCode, error }: ContainerState): string {
  const words = error === '' ? (EXIT_WORDS.get(exitCode) ?? '') : `: ${error.slice(0, 300)}`;
  const signal = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
  return `${signal === undefined ? `exit code ${exitCode}` : `signal ${signal}`}${words}`;
}
