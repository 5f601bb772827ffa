/**
 * Passive health: reads what the workers counted, lets the outlier rules judge, and claims EJECTED for those that stand out. Sweeps run per
 * service and interval; between them a worker's `suspect` has one endpoint looked at at once.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { OutlierPlan, ServicePlan } from '../../config/plan.ts';
import { EJECTED, type EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { LATENCY_UNITS_PER_MS } from '../../core/health/outcome.ts';
import { OutlierDetector, type OutlierReading, type OutlierReason, type OutlierVerdict } from '../../core/health/outlier.ts';
import type { SayEvent } from '../say-event.ts';
import type { RosterEntry } from './roster.ts';
import type { StateBits } from './state-bits.ts';

export interface OutlierLoopOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly bits: StateBits;
  readonly say: SayEvent;
  /** Told of each ejection, for the metrics. */
  readonly ejected: (entry: RosterEntry) => void;
}

/** An endpoint and the totals that the last sweep saw. */
interface Seen {
  entry: RosterEntry;
  ended: number;
  failed: number;
  latencySum: number;
}

interface Swept {
  readonly detector: OutlierDetector;
  rules: OutlierPlan;
  cancel: Cancel;
  endpoints: Map<string, Seen>;
  /** Endpoints of which it was said that they stay in use for the share's sake. */
  readonly spared: Set<string>;
}

export class OutlierLoop {
  readonly #options: OutlierLoopOptions;
  readonly #services: Map<string, Swept> = new Map();

  constructor(options: OutlierLoopOptions) {
    this.#options = options;
  }

  /** Sets what is swept; who is ejected stays so, unless the service has no outlier rules any more. */
  apply(services: readonly ServicePlan[], entries: readonly RosterEntry[]): void {
    const present = new Map(services.map((service) => [service.name, service] as const));
    for (const [name, swept] of this.#services) {
      if ((present.get(name)?.outlier ?? null) === null) this.#drop(name, swept);
    }
    const byService = Map.groupBy(entries, ({ service }) => service.name);
    for (const service of services) {
      if (service.outlier === null) continue;
      const swept = this.#sweptFor(service.name, service.outlier);
      const own = byService.get(service.name) ?? [];
      swept.endpoints = new Map(own.map((entry) => [entry.endpoint.address, this.#seen(swept, entry)] as const));
      swept.detector.update([...swept.endpoints.keys()]);
    }
  }

  /** A worker has seen a row of failures reach its count. */
  suspect(serviceSlot: number, slot: number): void {
    for (const swept of this.#services.values()) {
      for (const [address, { entry }] of swept.endpoints) {
        if (entry.slot !== slot || entry.serviceSlot !== serviceSlot) continue;
        this.#tellOutOtherwise(swept);
        const verdict = swept.detector.suspect(address, this.#rows(slot), this.#options.runtime.clock.now());
        if (verdict !== null) this.#carryOut(swept, verdict);
        return;
      }
    }
  }

  /** Ends an ejection before its time. */
  restore({ service, endpoint }: RosterEntry): void {
    const swept = this.#services.get(service.name);
    const verdict = swept?.detector.restore(endpoint.address, this.#options.runtime.clock.now()) ?? null;
    if (swept !== undefined && verdict !== null) this.#carryOut(swept, verdict);
  }

  stop(): void {
    for (const swept of this.#services.values()) swept.cancel();
    this.#services.clear();
  }

  #sweptFor(name: string, rules: OutlierPlan): Swept {
    const known = this.#services.get(name);
    if (known === undefined) {
      const detector = new OutlierDetector(rules, this.#options.runtime.random);
      const swept: Swept = { detector, rules, cancel: () => {}, endpoints: new Map(), spared: new Set() };
      swept.cancel = this.#every(swept, rules.intervalMs);
      this.#services.set(name, swept);
      return swept;
    }
    if (known.rules.intervalMs !== rules.intervalMs) {
      known.cancel();
      known.cancel = this.#every(known, rules.intervalMs);
    }
    known.rules = rules;
    known.detector.setRules(rules);
    return known;
  }

  #every(swept: Swept, intervalMs: number): Cancel {
    return this.#options.runtime.timers.every(intervalMs, () => this.#sweep(swept));
  }

  #drop(name: string, swept: Swept): void {
    swept.cancel();
    for (const { entry } of swept.endpoints.values()) this.#options.bits.claim(entry, 'outlier', 0, '');
    this.#services.delete(name);
  }

  /** Keeps the totals of an endpoint that stays; takes those of now for one that comes. */
  #seen(swept: Swept, entry: RosterEntry): Seen {
    const known = swept.endpoints.get(entry.endpoint.address);
    if (known !== undefined && known.entry.slot === entry.slot) {
      known.entry = entry;
      return known;
    }
    const { ended, failed, latencySum } = this.#options.table;
    return { entry, ended: ended[entry.slot]!, failed: failed[entry.slot]!, latencySum: latencySum[entry.slot]! };
  }

  #sweep(swept: Swept): void {
    this.#tellOutOtherwise(swept);
    for (const [address, seen] of swept.endpoints) {
      const reading = this.#read(seen);
      if (reading.failed === 0) swept.spared.delete(address);
      swept.detector.observe(address, reading);
    }
    for (const verdict of swept.detector.verdicts(this.#options.runtime.clock.now())) this.#carryOut(swept, verdict);
  }

  #tellOutOtherwise({ detector, endpoints }: Swept): void {
    const { bits } = this.#options;
    const out = [...endpoints].filter(([, { entry }]) => bits.isOutWithout(entry.slot, 'outlier'));
    detector.setOutOtherwise(new Set(out.map(([address]) => address)));
  }

  /** What happened since the last sweep; totals wrap at 32 bits. */
  #read(seen: Seen): OutlierReading {
    const { slot } = seen.entry;
    const { table } = this.#options;
    const ended = Atomics.load(table.ended, slot);
    const failed = Atomics.load(table.failed, slot);
    const latencySum = Atomics.load(table.latencySum, slot);
    const reading = {
      ...this.#rows(slot),
      ended: (ended - seen.ended) >>> 0,
      failed: (failed - seen.failed) >>> 0,
      latencySumMs: ((latencySum - seen.latencySum) >>> 0) / LATENCY_UNITS_PER_MS,
    };
    Object.assign(seen, { ended, failed, latencySum });
    return reading;
  }

  #rows(slot: number): Pick<OutlierReading, 'consecutive5xx' | 'consecutiveGateway' | 'consecutiveLocal'> {
    const { consecutive5xx, consecutiveGateway, consecutiveLocal } = this.#options.table;
    return {
      consecutive5xx: Atomics.load(consecutive5xx, slot),
      consecutiveGateway: Atomics.load(consecutiveGateway, slot),
      consecutiveLocal: Atomics.load(consecutiveLocal, slot),
    };
  }

  #carryOut(swept: Swept, verdict: OutlierVerdict): void {
    const entry = swept.endpoints.get(verdict.endpoint)?.entry;
    if (entry === undefined) return;
    switch (verdict.kind) {
      case 'eject':
        return this.#eject(swept, entry, verdict);
      case 'return':
        return this.#return(swept, entry, verdict.ejectedMs);
      case 'spare':
        return this.#spare(swept, entry, verdict);
    }
  }

  #eject(swept: Swept, entry: RosterEntry, verdict: OutlierVerdict & { kind: 'eject' }): void {
    const cause = causeText(verdict.reason, verdict.figure, verdict.limit);
    swept.spared.delete(verdict.endpoint);
    this.#options.bits.claim(entry, 'outlier', EJECTED, cause);
    this.#options.ejected(entry);
    const seconds = Math.round(verdict.ejectionMs / 100) / 10;
    const detail = { service: entry.service.name, endpoint: verdict.endpoint, reason: cause, seconds };
    this.#options.say('warn', 'endpoint-ejected', detail);
  }

  /** Rows of failures from before must not count against it again. */
  #return(swept: Swept, entry: RosterEntry, ejectedMs: number): void {
    const { table } = this.#options;
    for (const rows of [table.consecutive5xx, table.consecutiveGateway, table.consecutiveLocal]) Atomics.store(rows, entry.slot, 0);
    this.#options.bits.claim(entry, 'outlier', 0, '');
    swept.spared.delete(entry.endpoint.address);
    const seconds = Math.round(ejectedMs / 100) / 10;
    const detail = {
      service: entry.service.name,
      endpoint: entry.endpoint.address,
      seconds,
      reason: 'its time is over: it is tried again',
    };
    this.#options.say('info', 'endpoint-returned', detail);
  }

  /** Said once per endpoint, not at each sweep. */
  #spare(swept: Swept, entry: RosterEntry, verdict: OutlierVerdict & { kind: 'spare' }): void {
    if (swept.spared.has(verdict.endpoint)) return;
    swept.spared.add(verdict.endpoint);
    const { detector, endpoints } = swept;
    const spared = `${detector.ejectedCount} of ${endpoints.size} are out, at most ${detector.ejectedMax} may be, and never the last one in use`;
    const cause = `${causeText(verdict.reason, verdict.figure, verdict.limit)}; not ejected: ${spared}`;
    this.#options.say('warn', 'ejection-spared', { service: entry.service.name, endpoint: verdict.endpoint, reason: cause });
  }
}

function causeText(reason: OutlierReason, figure: number, limit: number): string {
  switch (reason) {
    case 'consecutive-5xx':
      return `${figure} failures in a row (limit ${limit})`;
    case 'consecutive-gateway':
      return `${figure} gateway errors in a row (limit ${limit})`;
    case 'consecutive-local':
      return `${figure} times in a row no reply (limit ${limit})`;
    case 'success-rate':
      return `success rate ${percent(figure)}, below ${percent(limit)} (its peers' mean less the allowed deviation)`;
    case 'latency':
      return `mean latency ${figure.toFixed(1)} ms, above ${limit.toFixed(1)} ms (by its peers' median)`;
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
