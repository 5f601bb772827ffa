/**
 * Active checks: asks each endpoint once per interval, from the control plane, and claims DOWN for those that fail. Probes start spread over
 * the first interval and run at most `concurrencyMax` at a time; those that are due wait their turn. Checks that a new plan does not change
 * keep their state and their schedule.
 */
import type { Runtime } from '../../base/runtime.ts';
import { DOWN } from '../../core/balancing/endpoint-table.ts';
import { BlastRadius } from '../../core/health/blast-radius.ts';
import { carryProbeState, probeWaitMs, probeWindowMs, stepProbeState } from '../../core/health/probe-state.ts';
import type { Probe, ProbeResult } from '../../io/probe.ts';
import type { SayEvent } from '../say-event.ts';
import type { RosterEntry } from './roster.ts';
import type { StateBits } from './state-bits.ts';
import { type LastProbe, Watch } from './watch.ts';

export interface ProberOptions {
  readonly runtime: Runtime;
  readonly probe: Probe;
  readonly bits: StateBits;
  readonly say: SayEvent;
  /** Told of each passed probe, for those who take it as a sign. */
  readonly passed: (entry: RosterEntry) => void;
  /** Probes under way at most. */
  readonly concurrencyMax: number;
}

/** The endpoints that share a check. */
interface Group {
  readonly blast: BlastRadius;
  readonly watches: Watch[];
}

/** First probes start this far apart, or closer where they would not fit into an interval. */
const FIRST_SPACING_MS = 10;

export class Prober {
  readonly #options: ProberOptions;
  #watches: Map<string, Watch> = new Map();
  #groups: Map<string, Group> = new Map();
  /** Due, but over the bound. */
  #waiting: Watch[] = [];
  #runningCount = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Sets who is probed. Endpoints must be adopted by the state bits before. */
  apply(entries: readonly RosterEntry[]): void {
    const watches = new Map<string, Watch>();
    const groups = new Map<string, Group>();
    const fresh: Watch[] = [];
    for (const entry of entries) {
      const watch = this.#watchFor(entry, fresh);
      if (watch === null) continue;
      watches.set(entry.key, watch);
      const name = entry.service.name;
      const group = groups.get(name) ?? { blast: this.#groups.get(name)?.blast ?? new BlastRadius(), watches: [] };
      group.watches.push(watch);
      groups.set(name, group);
    }
    for (const [key, watch] of this.#watches) if (watches.get(key) !== watch) this.#drop(watch);
    this.#watches = watches;
    this.#groups = groups;
    for (const group of groups.values()) this.#judge(group);
    for (const [index, watch] of fresh.entries()) this.#scheduleFirst(watch, index, fresh.length);
  }

  /** Ends all probes; claims stay as they are. */
  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#waiting = [];
  }

  lastProbe(key: string): LastProbe | null {
    return this.#watches.get(key)?.last ?? null;
  }

  /** Whether the service's endpoints all fail the same check and are used all the same. */
  isDegraded(service: string): boolean {
    return this.#groups.get(service)?.blast.isDegraded ?? false;
  }

  #watchFor(entry: RosterEntry, fresh: Watch[]): Watch | null {
    const health = entry.service.health;
    const known = this.#watches.get(entry.key);
    if (health === null) {
      this.#options.bits.claim(entry, 'probe', 0, '');
      return null;
    }
    if (known === undefined || known.entry.slot !== entry.slot) {
      const watch = new Watch(entry, health);
      fresh.push(watch);
      return watch;
    }
    const isSame = known.isSame(entry, health);
    known.entry = entry;
    if (!isSame) {
      this.#drop(known);
      known.health = health;
      known.state = carryProbeState(known.state);
      fresh.push(known);
    }
    return known;
  }

  #drop(watch: Watch): void {
    watch.stop();
    this.#waiting = this.#waiting.filter((waiting) => waiting !== watch);
  }

  #scheduleFirst(watch: Watch, index: number, count: number): void {
    const spacingMs = Math.min(FIRST_SPACING_MS, watch.health.intervalMs / count);
    this.#schedule(watch, spacingMs * (index + this.#options.runtime.random()));
  }

  #schedule(watch: Watch, delayMs: number): void {
    watch.wait = this.#options.runtime.timers.after(delayMs, () => {
      watch.wait = null;
      if (this.#runningCount >= this.#options.concurrencyMax) this.#waiting.push(watch);
      else void this.#run(watch);
    });
  }

  async #run(watch: Watch): Promise<void> {
    const { clock, timers } = this.#options.runtime;
    const controller = new AbortController();
    const startedAt = clock.now();
    watch.running = controller;
    this.#runningCount += 1;
    const { timeoutMs } = watch.health;
    const cancel = timers.after(timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)));
    const result = await this.#options.probe(watch.target(), watch.health, controller.signal).catch(failureOf);
    cancel();
    this.#runningCount -= 1;
    // A stopped watch has another controller, or none: its result is nobody's.
    if (watch.running === controller) {
      watch.running = null;
      this.#takeIn(watch, result, clock.now() - startedAt);
    }
    const next = this.#waiting.shift();
    if (next !== undefined) void this.#run(next);
  }

  #takeIn(watch: Watch, result: ProbeResult, durationMs: number): void {
    const { clock, random } = this.#options.runtime;
    watch.last = { passed: result.passed, detail: result.detail, durationMs, at: clock.wall() };
    const { state, change } = stepProbeState(watch.state, watch.health, result.passed, clock.now());
    watch.state = state;
    if (change !== null) this.#sayChange(watch, change);
    const group = this.#groups.get(watch.entry.service.name);
    // Not only after a change: while some are down, the last one in use may have been drained.
    if (group !== undefined && (change !== null || !state.isUp || group.blast.isDegraded)) this.#judge(group);
    if (result.passed) this.#options.passed(watch.entry);
    this.#schedule(watch, Math.max(1, probeWaitMs(state, watch.health, random) - durationMs));
  }

  /** Looks at a service as a whole, then claims what follows for each endpoint. */
  #judge({ blast, watches }: Group): void {
    const first = watches[0];
    if (first === undefined) return;
    // One that is drained or in maintenance is not used anyway: neither its health nor its failure says anything of the rest.
    const members = watches.filter(({ entry }) => !this.#options.bits.isWithdrawn(entry.slot));
    const change = blast.judge(members, probeWindowMs(first.health), this.#options.runtime.clock.now());
    for (const watch of watches) {
      const isDown = !watch.state.isUp && !blast.keeps(watch.endpoint);
      this.#options.bits.claim(watch.entry, 'probe', isDown ? DOWN : 0, watch.last?.detail ?? 'not probed yet');
    }
    if (change !== null) this.#sayBlast(first, change, watches);
  }

  #sayChange(watch: Watch, change: 'up' | 'down'): void {
    const detail = { service: watch.entry.service.name, endpoint: watch.endpoint, reason: watch.last?.detail ?? '' };
    this.#options.say(change === 'up' ? 'info' : 'warn', `endpoint-${change}`, detail);
  }

  #sayBlast({ entry, last }: Watch, change: 'degraded' | 'recovered', watches: readonly Watch[]): void {
    const service = entry.service.name;
    if (change === 'recovered') this.#options.say('info', 'service-recovered', { service, reason: 'not all endpoints fail any more' });
    else {
      const reason = 'all endpoints fail the same check at once: something they share is down; they stay in use';
      const detail = { service, endpoints: watches.length, probe: last?.detail ?? '', reason };
      this.#options.say('error', 'service-degraded', detail);
    }
  }
}

function failureOf(error: unknown): ProbeResult {
  return { passed: false, detail: error instanceof Error ? error.message : String(error) };
}
