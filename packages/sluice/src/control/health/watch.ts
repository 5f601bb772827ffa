/** One endpoint under active checks: what is known of it, and what is scheduled or running for it. Changed by the prober only. */
import type { Cancel } from '../../base/runtime.ts';
import type { Timestamp } from '../../base/time.ts';
import type { HealthPlan } from '../../config/plan.ts';
import type { BlastMember } from '../../core/health/blast-radius.ts';
import { type ProbeState, startProbeState } from '../../core/health/probe-state.ts';
import type { ProbeTarget } from '../../io/probe.ts';
import { isSameAddress, isSamePlan, type RosterEntry } from './roster.ts';

/** The last probe of an endpoint, for people. */
export interface LastProbe {
  readonly passed: boolean;
  readonly detail: string;
  readonly durationMs: number;
  readonly at: Timestamp;
}

export class Watch implements BlastMember {
  entry: RosterEntry;
  health: HealthPlan;
  state: ProbeState;
  last: LastProbe | null = null;
  /** The next probe, while one is scheduled. */
  wait: Cancel | null = null;
  /** The running probe. */
  running: AbortController | null = null;

  constructor(entry: RosterEntry, health: HealthPlan) {
    this.entry = entry;
    this.health = health;
    this.state = startProbeState(health.initial);
  }

  get endpoint(): string {
    return this.entry.endpoint.address;
  }

  /** Whether the same thing is asked of the same place under the new plan. */
  isSame(entry: RosterEntry, health: HealthPlan): boolean {
    return isSamePlan(this.health, health) && isSameAddress(this.entry.endpoint.target, entry.endpoint.target);
  }

  /** Whom to ask. */
  target(): ProbeTarget {
    const { service, endpoint } = this.entry;
    const address = endpoint.target;
    const names = { service: service.name, endpoint: endpoint.address };
    const { port } = this.health;
    if (address.kind === 'unix' || port === null) return { ...names, protocol: service.protocol, tls: service.tls, address };
    // What listens there is another thing than the service, and mostly plain: HAProxy, too, leaves TLS out then.
    return { ...names, protocol: 'http1', tls: null, address: { kind: 'tcp', host: address.host, port } };
  }

  /** Ends what is scheduled or running; a result that still comes is not for this watch any more. */
  stop(): void {
    this.wait?.();
    this.wait = null;
    this.running?.abort(new Error('no longer needed'));
    this.running = null;
  }
}
