/** Compiles the FleetPlan: what Sluice itself runs, how many, and how one version takes another's place. */
import { DEFAULT_CANARY } from '../core/fleet/rollout-strategy.ts';
import { compileRun } from './compile-fleet-run.ts';
import { compileScale } from './compile-fleet-scale.ts';
import {
  type DeployPlan,
  FLEET_DIRECTORY,
  type FleetPlan,
  type FleetServicePlan,
  type ParkingPlan,
  type ReplicasPlan,
  type ScaleBehaviorPlan,
  type ScaleRatePlan,
} from './fleet-plan.ts';
import type { ValidConfig } from './schema/config.ts';
import { guardDefault } from './schema/deploy.ts';

type ValidService = ValidConfig['services'][string];
type ValidReplicas = ValidService['replicas'];

/** Compiles what is to be run. */
export function compileFleet(config: ValidConfig): FleetPlan {
  const { directory, detach, budget } = config.fleet;
  return {
    services: Object.entries(config.services).flatMap(([name, service]) => compileFleetService(name, service)),
    budget: { cpu: budget.cpu ?? null, memoryBytes: budget.memory ?? null },
    directory: directory ?? (detach ? FLEET_DIRECTORY : null),
    isDetached: detach,
  };
}

/** One, or none where the service has endpoints of its own. */
function compileFleetService(name: string, { run, replicas, deploy }: ValidService): readonly FleetServicePlan[] {
  if (run === undefined) return [];
  const place = { path: ['services', name, 'replicas', 'scale'], memoryBytes: run.resources?.memory ?? null };
  const scale = compileScale(replicas.scale, place);
  return [{ service: name, run: compileRun(run), replicas: { ...compileReplicas(replicas), scale }, deploy: compileDeploy(deploy) }];
}

function compileReplicas(replicas: ValidReplicas): Omit<ReplicasPlan, 'scale'> {
  const { min, rebalance, cost } = replicas;
  return {
    min,
    max: replicas.max ?? Math.max(1, min),
    initial: replicas.initial ?? Math.max(1, min),
    concurrencyMax: replicas.concurrency,
    behavior: compileBehavior(replicas.behavior),
    idleMs: replicas.idle,
    parking: compileParking(replicas.park),
    rebalance: rebalance && { share: rebalance.share, everyMs: rebalance.every, above: rebalance.above },
    cost: cost && { perInstanceHour: cost.instanceHour, ceilingPerHour: cost.ceiling },
  };
}

/** Compiles the bounds of what waits for an instance. */
export function compileParking({ requests, bytes, wait }: ValidReplicas['park']): ParkingPlan {
  return { requestsMax: requests, bytesMax: bytes, waitMs: wait };
}

function compileBehavior(behavior: ValidReplicas['behavior']): ScaleBehaviorPlan {
  const { tolerance, cooldown, warmUp } = behavior;
  return { out: compileRate(behavior.out), in: compileRate(behavior.in), tolerance, cooldownMs: cooldown, warmUpMs: warmUp };
}

function compileRate({ stabilization, share, count, period }: ValidReplicas['behavior']['out']): ScaleRatePlan {
  return { stabilizationMs: stabilization, share, count, periodMs: period };
}

function compileDeploy(deploy: ValidService['deploy']): DeployPlan {
  const strategy = deploy.strategy ?? (deploy.canary === undefined ? 'rolling' : 'canary');
  return {
    strategy,
    maxSurge: deploy.maxSurge,
    maxUnavailable: deploy.maxUnavailable,
    steadyMs: deploy.steady,
    progressMs: deploy.progress,
    canary: strategy === 'canary' ? (deploy.canary?.map(({ share, pause }) => ({ share, pauseMs: pause })) ?? DEFAULT_CANARY) : [],
    guard: compileGuard(deploy.guard, strategy),
    keepOldMs: deploy.keepOld,
  };
}

function compileGuard(given: ValidService['deploy']['guard'], strategy: DeployPlan['strategy']): DeployPlan['guard'] {
  const guard = given === undefined ? (strategy === 'canary' ? guardDefault : null) : given;
  if (guard === null) return null;
  const { errorMargin, latencyMargin, requests, significance } = guard;
  return { errorMargin, latencyMargin, requestsMin: requests, significance };
}
