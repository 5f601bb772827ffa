/** A service whose instances a platform keeps, for tests of such runners. */
import type { AwsAsgRunPlan, FleetServicePlan, KubernetesRunPlan, LifePlan } from '../../src/config/fleet-plan.ts';
import { ROLLING } from './rollout-world.ts';
import { replicas } from './scaling.ts';

type Place = Omit<AwsAsgRunPlan, keyof LifePlan> | Omit<KubernetesRunPlan, keyof LifePlan>;

const LIFE: LifePlan = {
  ready: { probe: { kind: 'none' }, withinMs: 60_000, intervalMs: 2_000, timeoutMs: 1_000 },
  drainTimeoutMs: 30_000,
  stopTimeoutMs: 10_000,
  unreadyTimeoutMs: 30_000,
  restart: { baseMs: 100, maxMs: 30_000, steadyMs: 10_000, crashLoopAt: 3 },
};

export function groupService(place: Place): FleetServicePlan {
  return { service: 'users', run: { ...LIFE, ...place }, replicas: replicas(), deploy: ROLLING };
}
