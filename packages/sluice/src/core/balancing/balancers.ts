/** The literal list of algorithms: from what the plan says to what picks. */
import { unreachable } from '../../base/assert.ts';
import type { Balancer, BalancerContext } from './balancer.ts';
import { FirstFit } from './first-fit.ts';
import { HashBalancer } from './hash.ts';
import type { HashTable } from './hash.ts';
import { KetamaRing } from './ketama.ts';
import { LeastBandwidth } from './least-bandwidth.ts';
import { LeastConnections } from './least-connections.ts';
import { LeastResponseTime } from './least-response-time.ts';
import { MaglevTable } from './maglev.ts';
import { P2c } from './p2c.ts';
import { PeakEwma } from './peak-ewma.ts';
import { Prequal } from './prequal.ts';
import type { Algorithm } from './algorithm.ts';
import { RandomChoice } from './random.ts';
import { RendezvousTable } from './rendezvous.ts';
import { Resource } from './resource.ts';
import { RoundRobin } from './round-robin.ts';
import { SmoothWrr } from './smooth-wrr.ts';

/** What of a service's plan chooses and tunes its algorithm. */
export interface BalanceShape {
  readonly algorithm: Algorithm;
  /** For `hash` and `ip-hash`. */
  readonly hashTable: 'maglev' | 'ketama' | 'rendezvous';
  /** For `hash` and `ip-hash`: bounded load; 0 = unbounded. */
  readonly loadFactor: number;
  /** For `resource`: shares 0..1; 1 = off. */
  readonly maxCpu: number;
  readonly maxMemory: number;
  /** Time constant of averages. */
  readonly decayMs: number;
}

/** Makes the algorithm that the plan asks for; it has no candidates yet. */
export function createBalancer(plan: BalanceShape, context: BalancerContext): Balancer {
  const { algorithm } = plan;
  switch (algorithm) {
    case 'round-robin':
      return new RoundRobin(context);
    case 'smooth-wrr':
      return new SmoothWrr(context);
    case 'random':
      return new RandomChoice(context);
    case 'p2c':
      return new P2c(context);
    case 'least-connections':
      return new LeastConnections(context);
    case 'least-response-time':
      return new LeastResponseTime(context, plan.decayMs);
    case 'least-bandwidth':
      return new LeastBandwidth(context, plan.decayMs);
    case 'peak-ewma':
      return new PeakEwma(context, plan.decayMs);
    case 'prequal':
      return new Prequal(context, plan.decayMs);
    case 'resource':
      return new Resource(context, plan);
    // They differ in the key, which the caller makes. Unlike with nginx's ip_hash few clients move when an endpoint leaves.
    case 'ip-hash':
    case 'hash':
      return new HashBalancer(context, createHashTable(plan.hashTable), plan.loadFactor);
    case 'first-fit':
      return new FirstFit(context);
    default:
      return unreachable(algorithm);
  }
}

/** Whether the algorithm needs the key that requests are balanced by. */
export function needsKey(algorithm: Algorithm): boolean {
  return algorithm === 'ip-hash' || algorithm === 'hash';
}

function createHashTable(name: BalanceShape['hashTable']): HashTable {
  switch (name) {
    case 'maglev':
      return new MaglevTable();
    case 'ketama':
      return new KetamaRing();
    case 'rendezvous':
      return new RendezvousTable();
    default:
      return unreachable(name);
  }
}
