/**
 * Which instances a rollout starts and ends next, so that one version grows and the others shrink within bounds: never more than `most` instances that are to stay, never
 * fewer than `least` that can serve. The rules are those of Kubernetes' Deployment controller (pkg/controller/deployment/rolling.go): what does not serve goes
 * first, as long as what is left could be enough; what serves goes only when enough others do. Instances that leave already count for neither bound: a slow
 * drain holds up nobody.
 */
import type { InstanceView } from './instance-view.ts';
import type { RolloutAction, RolloutFacts } from './rollout-state.ts';
import { distanceRank, isLeaving } from './victims.ts';

export interface RolloutGoal {
  /** The version that grows, and to how many. */
  readonly grows: string;
  readonly grown: number;
  /** How many of all other versions there may be; what is missing is filled up with `fills` (null: not at all). */
  readonly others: number;
  readonly fills: string | null;
  /** Instances at most, and serving ones at least. */
  readonly most: number;
  readonly least: number;
  /** Others that do not serve go at once, whatever else there is. */
  readonly isOthersLost: boolean;
  readonly reason: string;
}

/** The instances of a rollout by side. */
export interface RolloutSides {
  readonly grown: readonly InstanceView[];
  readonly others: readonly InstanceView[];
}

/** Those that are to stay, by side. */
export function sidesOf(instances: readonly InstanceView[], grows: string): RolloutSides {
  const live = instances.filter((view) => !isLeaving(view));
  return { grown: live.filter(({ version }) => version === grows), others: live.filter(({ version }) => version !== grows) };
}

/** How many of them serve, and have for `steadyMs`. */
export function countSteady(views: readonly InstanceView[], steadyMs: number, facts: RolloutFacts): number {
  return views.filter((view) => view.phase === 'ready' && facts.now - view.since >= steadyMs).length;
}

/** What is to be started and ended now. */
export function moveTowards(goal: RolloutGoal, facts: RolloutFacts, steadyMs: number): readonly RolloutAction[] {
  const { grown, others } = sidesOf(facts.instances, goal.grows);
  const steady = countSteady(grown, steadyMs, facts);
  const allowance = {
    // Ready ones that can be done without.
    ready: Math.max(0, steady + countSteady(others, 0, facts) - goal.least),
    // Any: what would be left, less those of which nobody knows yet whether they will do.
    any: grown.length + others.length - goal.least - (grown.length - steady),
  };
  const mayGo = (view: InstanceView): boolean => {
    const isReady = view.phase === 'ready';
    if (allowance.any <= 0 || (isReady && allowance.ready <= 0)) return false;
    allowance.any--;
    if (isReady) allowance.ready--;
    return true;
  };
  const tooMany = take(grown, grown.length - goal.grown, facts, (view) => view.phase !== 'ready' || mayGo(view));
  const outgrown = take(others, others.length - goal.others, facts, (view) => (view.phase !== 'ready' && goal.isOthersLost) || mayGo(view));
  const left = { grown: grown.length - tooMany.length, others: others.length - outgrown.length };
  return [...removal([...outgrown, ...tooMany], goal.reason), ...additions(goal, left)];
}

/** At most `count`, those that serve least and the idlest and oldest first, that may be taken. */
function take(
  views: readonly InstanceView[],
  count: number,
  facts: RolloutFacts,
  mayGo: (view: InstanceView) => boolean,
): readonly string[] {
  if (count <= 0) return [];
  const load = (view: InstanceView): number => facts.inflight.get(view.id) ?? 0;
  const order = views.toSorted(
    (left, right) => distanceRank(left) - distanceRank(right) || load(left) - load(right) || left.startedAt - right.startedAt,
  );
  return order
    .slice(0, count)
    .filter(mayGo)
    .map(({ id }) => id);
}

function removal(ids: readonly string[], reason: string): readonly RolloutAction[] {
  return ids.length === 0 ? [] : [{ type: 'remove', ids, reason }];
}

function additions(goal: RolloutGoal, left: { readonly grown: number; readonly others: number }): readonly RolloutAction[] {
  const room = Math.max(0, goal.most - left.grown - left.others);
  const count = Math.min(room, Math.max(0, goal.grown - left.grown));
  const actions: RolloutAction[] = count === 0 ? [] : [{ type: 'add', version: goal.grows, count }];
  const filled = Math.min(room - count, Math.max(0, goal.others - left.others));
  if (goal.fills !== null && filled > 0) actions.push({ type: 'add', version: goal.fills, count: filled });
  return actions;
}
