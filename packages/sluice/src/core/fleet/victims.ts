/**
 * Who goes when a service is to have fewer instances: those that do not serve first, then the oldest version, then the idlest, then the youngest.
 * Protected ones stay, whatever else that costs: then fewer go than asked for. (A deploy takes them all the same, for an old version cannot stay for ever.)
 *
 * The order of those that do not serve is Kubernetes' (ReplicaSet: not running, then not ready, then ready), by how far they are from serving: out of
 * the running until their next start, never ready, unready, starting.
 */
import type { Timestamp } from '../../base/time.ts';
import type { BoundApplied, VictimRecord } from '../scaling/decision.ts';
import type { InstanceView } from './instance-view.ts';

export interface VictimCandidate {
  readonly view: InstanceView;
  /** Requests and upgrades. */
  readonly inflight: number;
}

export interface VictimQuery {
  /** Instances of the service; those that leave already are passed over. */
  readonly candidates: readonly VictimCandidate[];
  readonly count: number;
  /** Names, oldest first. Those that are not named are older than all. */
  readonly versions: readonly string[];
  readonly wall: Timestamp;
}

export interface VictimChoice {
  readonly ids: readonly string[];
  /** The chosen ones first, then their rivals in the order in which they would go; ten at most. */
  readonly records: readonly VictimRecord[];
  /** That protection kept some that were to go. */
  readonly bound: BoundApplied | null;
}

/** A decision is kept for long, and a service may have a thousand instances. */
const RIVALS_MAX = 10;

export function chooseVictims({ candidates, count, versions, wall }: VictimQuery): VictimChoice {
  const age = new Map(versions.map((version, index) => [version, index]));
  const order = candidates.filter(({ view }) => !isLeaving(view)).toSorted((left, right) => compare(left, right, age));
  const free = order.filter(({ view }) => !view.isProtected);
  const chosen = free.slice(0, Math.max(0, count));
  const rivals = order.filter((candidate) => !chosen.includes(candidate)).slice(0, RIVALS_MAX);
  return {
    ids: chosen.map(({ view }) => view.id),
    records: [...chosen.map((victim) => recordOf(victim, true, wall)), ...rivals.map((rival) => recordOf(rival, false, wall))],
    bound: chosen.length === Math.min(count, order.length) ? null : protectedBound(order, count, chosen.length),
  };
}

/** Whether it goes already: nobody's choice any more. */
export function isLeaving(view: InstanceView): boolean {
  return view.phase === 'draining' || view.phase === 'stopping' || view.phase === 'stopped';
}

function compare(left: VictimCandidate, right: VictimCandidate, age: ReadonlyMap<string, number>): number {
  return (
    distanceRank(left.view) - distanceRank(right.view) ||
    versionOf(left, age) - versionOf(right, age) ||
    left.inflight - right.inflight ||
    // The youngest has least that is worth keeping (caches, compiled code).
    right.view.startedAt - left.view.startedAt ||
    (left.view.id < right.view.id ? -1 : 1)
  );
}

/** 0..4: the further from serving, the lower. */
export function distanceRank({ phase, trouble }: InstanceView): number {
  if (phase === 'ready') return 4;
  if (trouble?.kind === 'never-ready' || trouble?.kind === 'crash-loop' || trouble?.kind === 'unstartable') return 0;
  return phase === 'waiting' ? 1 : phase === 'unready' ? 2 : 3;
}

function versionOf({ view }: VictimCandidate, age: ReadonlyMap<string, number>): number {
  return age.get(view.version) ?? -1;
}

function recordOf({ view, inflight }: VictimCandidate, isChosen: boolean, wall: Timestamp): VictimRecord {
  const { id, version, isProtected, startedAt } = view;
  return { id, isChosen, inflight, version, isProtected, ageSeconds: Math.max(0, Math.round((wall - startedAt) / 1_000)) };
}

function protectedBound(order: readonly VictimCandidate[], count: number, chosen: number): BoundApplied {
  const held = order.filter(({ view }) => view.isProtected).map(({ view }) => view.id);
  const shown = held.length > RIVALS_MAX ? `${held.length} instances` : held.join(', ');
  return {
    bound: 'protected',
    from: order.length - count,
    to: order.length - chosen,
    detail: `${shown} protected (\`sluice protect\`)`,
  };
}
