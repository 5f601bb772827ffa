/**
 * One instance of a `LocalRunner`: performs what the state machine of `core/fleet/instance.ts` decides over an `InstanceDriver`, and feeds it what
 * happened. Each start is a run of its own number; what belongs to an earlier one is dropped.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { timestamp, type Timestamp } from '../../base/time.ts';
import { formatAddress } from '../../config/address.ts';
import type { LifePlan, ResourcesPlan, RunPlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import { stepInstance } from '../../core/fleet/instance.ts';
import {
  newInstance,
  type InstanceEffect,
  type InstanceEvent,
  type InstanceSaying,
  type InstanceState,
} from '../../core/fleet/instance-state.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import { troubleSentence } from '../../core/fleet/trouble.ts';
import type { ProbeReadiness } from '../../io/readiness.ts';
import type { SayEvent } from '../say-event.ts';
import {
  DriverFault,
  type DrivenInstance,
  type InstanceDriver,
  type InstanceEnd,
  type InstanceWatch,
  type RunnerWorld,
  type Version,
} from './runner.ts';
import { untilTurn } from './turns.ts';
import { UsageMeter } from './usage-meter.ts';

/** What one instance needs of its runner. `local-runner.ts` is it. */
export interface LocalInstanceWorld extends Pick<RunnerWorld, 'changed' | 'noticed' | 'drain' | 'line'> {
  readonly runtime: Runtime;
  readonly driver: InstanceDriver;
  readonly probe: ProbeReadiness;
  readonly service: string;
  readonly say: SayEvent;
  /** What is to be started now. */
  readonly runOf: (version: Version) => RunPlan;
  /** Between two readings of what an instance uses. */
  readonly usageEveryMs: () => number;
  readonly started: () => void;
  readonly startFailed: (fault: DriverFault) => void;
  /** It is over: nothing of it is left. */
  readonly gone: (instance: LocalInstance) => void;
}

export class LocalInstance {
  readonly id: string;
  readonly version: Version;
  isProtected = false;
  readonly #world: LocalInstanceWorld;
  readonly #meter: UsageMeter;
  #life: LifePlan;
  #state: InstanceState;
  #driven: DrivenInstance | null = null;
  /** Counts runs. */
  #run = 0;
  /** The end of a run that its driver has not handed over yet. */
  #earlyEnd: InstanceEnd | null = null;
  #startedAt: Timestamp;
  /** Settled when nothing is being started. */
  #starting: Promise<void> = Promise.resolve();
  /** Settled when whoever sends requests knows of the last `up` or `down`. */
  #known: Promise<void> = Promise.resolve();
  #cancelProbe: Cancel | null = null;
  #cancelWake: Cancel | null = null;
  #cancelPart: Cancel | null = null;
  #isDetached = false;
  /** Events that came while one is being dealt with. */
  readonly #events: InstanceEvent[] = [];
  #isBusy = false;

  constructor(id: string, version: Version, world: LocalInstanceWorld) {
    this.id = id;
    this.version = version;
    this.#world = world;
    this.#meter = new UsageMeter(world.runtime, world.usageEveryMs);
    this.#life = version.run;
    this.#state = newInstance(world.runtime.clock.now());
    this.#startedAt = world.runtime.clock.wall();
  }

  /** Null while no requests are to be sent to it. */
  endpoint(requestsMax: number): EndpointPlan | null {
    if (!this.#state.isUp || this.#driven === null) return null;
    const { target } = this.#driven;
    return { address: formatAddress(target), target, weight: 1, priority: 0, requestsMax, version: this.version.name };
  }

  view(): InstanceView {
    const { phase, since, runs, trouble, isWanted } = this.#state;
    return {
      id: this.id,
      version: this.version.name,
      // Stopped to be started again, it is not on its way out: nobody is to take its place.
      phase: phase === 'stopping' && isWanted ? 'waiting' : phase,
      since,
      startedAt: this.#startedAt,
      address: this.#driven === null ? null : formatAddress(this.#driven.target),
      handle: this.#driven?.handle ?? null,
      restarts: Math.max(0, runs - 1),
      isProtected: this.isProtected,
      trouble,
      cpu: this.#meter.cpu,
      memoryBytes: this.#meter.memoryBytes,
    };
  }

  /** Moves it on: `start`, `drain`, `stop` and `kill` are its runner's. */
  dispatch(event: InstanceEvent): void {
    if (this.#isDetached) return;
    this.#events.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Other settings of its life. */
  update(life: LifePlan): void {
    this.#life = life;
  }

  /** @returns Why they cannot be set; null when they are, or nothing runs. */
  async setResources(resources: ResourcesPlan): Promise<string | null> {
    return (await this.#driven?.setResources(resources)) ?? null;
  }

  /** What its driver tells, for a run that was found. */
  watchFound(): InstanceWatch {
    return this.#watch(++this.#run);
  }

  /** It runs since an earlier life; resolves when it was asked once whether it answers. */
  async adopt(driven: DrivenInstance): Promise<void> {
    this.#attach(driven);
    const isReady = this.#earlyEnd === null && (await this.#ask(driven));
    this.dispatch({ type: 'adopted', isReady });
    this.#flushEnd();
  }

  /** Leaves it running. One that is leaving is ended instead. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    this.#cancelAll();
    await this.#starting;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#state.isWanted) this.#driven?.detach();
    else this.#driven?.signal('SIGTERM');
  }

  #step(event: InstanceEvent): void {
    const { clock, random } = this.#world.runtime;
    const before = this.#state;
    const { state, effects } = stepInstance(before, event, clock.now(), random, this.#life);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state.phase !== before.phase || state.trouble !== before.trouble) this.#world.noticed();
  }

  #perform(effect: InstanceEffect): void {
    switch (effect.type) {
      case 'spawn':
        this.#starting = this.#spawn(++this.#run);
        return;
      case 'probe':
        this.#cancelProbe?.();
        this.#cancelProbe = this.#atTurn(effect.afterMs, () => void this.#probe(this.#run));
        return;
      case 'signal':
        return this.#driven?.signal(effect.signal);
      case 'wake':
        this.#cancelWake?.();
        this.#cancelWake = this.#world.runtime.timers.after(effect.afterMs, () => this.dispatch({ type: 'due' }));
        return;
      case 'up':
      case 'down':
        this.#known = this.#world.changed().catch(() => {});
        return;
      case 'drain':
        return void this.#drain(effect.deadlineMs, this.#run);
      case 'part':
        return void this.#part(effect.afterMs, this.#run);
      case 'say':
        return this.#say(effect);
      case 'gone':
        this.#cancelAll();
        return this.#world.gone(this);
    }
  }

  #say({ level, what, detail, trouble }: InstanceSaying): void {
    const subject = { instance: this.id, service: this.#world.service, runner: this.#world.driver.kind };
    const text = trouble === null ? detail : troubleSentence({ kind: trouble, detail }, subject);
    const say = (): void => this.#world.say(level, what, { instance: this.id, reason: text });
    // "Ready" is a promise to people and scripts that a request finds it.
    if (what === 'instance-ready') void this.#known.then(say);
    else say();
  }

  async #spawn(run: number): Promise<void> {
    const { driver, service, runOf } = this.#world;
    this.#earlyEnd = null;
    const order = { service, id: this.id, version: this.version.name, run: runOf(this.version) };
    try {
      this.#attach(await driver.start(order, this.#watch(run)));
    } catch (error) {
      const fault = error instanceof DriverFault ? error : new DriverFault(String((error as Error).message), 'later');
      // First: whom this ends says so himself.
      this.#world.startFailed(fault);
      return this.dispatch({ type: 'start-failed', retry: fault.retry, reason: fault.message });
    }
    this.#world.started();
    this.dispatch({ type: 'started' });
    this.#flushEnd();
  }

  #attach(driven: DrivenInstance): void {
    this.#driven = driven;
    this.#startedAt = timestamp(driven.startedAtMs);
    if (!this.#isDetached) this.#meter.follow(driven);
  }

  #atTurn(afterMs: number, run: () => void): Cancel {
    const { clock, timers } = this.#world.runtime;
    return timers.after(untilTurn(clock.now(), afterMs), run);
  }

  #watch(run: number): InstanceWatch {
    return {
      line: (stream, text) => this.#world.line(this.id, stream, text),
      exited: (end) => {
        if (run !== this.#run) return;
        this.#earlyEnd = end;
        if (this.#driven !== null && this.#state.run === 'running') this.#flushEnd();
      },
    };
  }

  /** Deals with an end that is known, now that the run is. */
  #flushEnd(): void {
    const end = this.#earlyEnd;
    if (end === null) return;
    this.#earlyEnd = null;
    this.#driven = null;
    this.#meter.stop();
    this.#cancelProbe?.();
    this.#run++;
    this.dispatch({ type: 'exited', ...end });
  }

  async #probe(run: number): Promise<void> {
    if (this.#driven === null) return;
    const isUp = await this.#ask(this.#driven);
    if (run === this.#run) this.dispatch({ type: isUp ? 'answered' : 'silent' });
  }

  #ask({ target }: DrivenInstance): Promise<boolean> {
    const { probe, timeoutMs } = this.#life.ready;
    return this.#world.probe({ target, probe, timeoutMs });
  }

  async #drain(deadlineMs: number, run: number): Promise<void> {
    if (this.#driven === null) return;
    // Whoever cannot say what is in flight cannot be waited for.
    const inflight = await this.#world.drain(formatAddress(this.#driven.target), deadlineMs).catch(() => 0);
    if (run === this.#run) this.dispatch({ type: 'drained', inflight });
  }

  async #part(afterMs: number, run: number): Promise<void> {
    await this.#known;
    if (run !== this.#run || this.#isDetached) return;
    if (afterMs === 0) return this.dispatch({ type: 'parted' });
    this.#cancelPart = this.#world.runtime.timers.after(afterMs, () => {
      if (run === this.#run) this.dispatch({ type: 'parted' });
    });
  }

  #cancelAll(): void {
    for (const cancel of [this.#cancelProbe, this.#cancelWake, this.#cancelPart]) cancel?.();
    this.#meter.stop();
  }
}
