/** A service of the fleet as `sluice status` shows it. */
import type { Timestamp } from '../../base/time.ts';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { RolloutState } from '../../core/fleet/rollout.ts';
import { troubleSentence } from '../../core/fleet/trouble.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { DeployStatus, FleetServiceStatus, InstanceStatus } from '../../observe/fleet-status.ts';

export interface FleetServiceFacts {
  readonly plan: FleetServicePlan;
  readonly wanted: number;
  readonly manual: number | null;
  readonly isPaused: boolean;
  readonly parked: number;
  readonly version: string;
  readonly rollout: RolloutState | null;
  readonly instances: readonly InstanceView[];
  readonly inflight: (view: InstanceView) => number;
  readonly lastDecision: Decision | null;
  readonly note: string | null;
  readonly wall: Timestamp;
}

export function fleetStatusOf(facts: FleetServiceFacts): FleetServiceStatus {
  const { plan, wanted, manual, isPaused, parked, version, rollout, instances, lastDecision, note } = facts;
  const { min, max } = plan.replicas;
  return {
    service: plan.service,
    runner: plan.run.runner,
    wanted,
    ready: countReady(instances),
    min,
    max,
    manual,
    isPaused,
    isAsleep: wanted === 0,
    parked,
    version,
    deploy: rollout && deployStatusOf(rollout, instances, wanted),
    instances: instances.map((view) => instanceStatusOf(view, facts)),
    lastDecision,
    note,
  };
}

function deployStatusOf(rollout: RolloutState, instances: readonly InstanceView[], wanted: number): DeployStatus {
  const { from, to, plan, phase, shares, reason } = rollout;
  const ready = countReady(instances.filter((view) => view.version === to));
  const share = shares?.[to] ?? ready / Math.max(1, countReady(instances));
  return { from, to, strategy: plan.strategy, phase, share, ready, wanted, reason };
}

function instanceStatusOf(view: InstanceView, { plan, inflight, wall }: FleetServiceFacts): InstanceStatus {
  const { id, version, phase, address, handle, cpu, memoryBytes, restarts, isProtected, trouble, startedAt } = view;
  return {
    id,
    version,
    phase,
    address,
    handle,
    inflight: inflight(view),
    cpu,
    memoryBytes,
    ageSeconds: Math.max(0, Math.round((wall - startedAt) / 1_000)),
    restarts,
    isProtected,
    trouble: trouble && troubleSentence(trouble, { instance: id, service: plan.service, runner: plan.run.runner }),
  };
}

function countReady(instances: readonly InstanceView[]): number {
  return instances.filter(({ phase }) => phase === 'ready').length;
}
