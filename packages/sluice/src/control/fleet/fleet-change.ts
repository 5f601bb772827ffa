/**
 * What a change of a service's `run` means: another version (what is run is another: command, image, environment, user, address), other resources, which running instances can be
 * given, or other settings of their lives (probes, deadlines, logs).
 */
import { isDeepStrictEqual } from 'node:util';
import type { LifePlan, ResourcesPlan, RunPlan } from '../../config/fleet-plan.ts';
import { type DeployRequest, type FleetResult, refused } from './fleet-request.ts';

/** Whether instances of one are instances of the other. */
export function isSameVersion(before: RunPlan, after: RunPlan): boolean {
  return isDeepStrictEqual(withLife(before, after), after);
}

/** Whether another runner is needed: another platform, or another place on it. */
export function isSameRunner(before: RunPlan, after: RunPlan): boolean {
  if (before.runner !== after.runner) return false;
  if (before.runner === 'process') return true;
  if (before.runner === 'container') return after.runner === 'container' && before.engine === after.engine;
  return isSameVersion(before, after);
}

/** The bounds of an instance; null where the platform sets them. */
export function resourcesOf(run: RunPlan): ResourcesPlan | null {
  return run.runner === 'process' || run.runner === 'container' ? run.resources : null;
}

export function isSameResources(before: ResourcesPlan | null, after: ResourcesPlan | null): boolean {
  return before?.cpu === after?.cpu && before?.memoryBytes === after?.memoryBytes;
}

/** What `run` runs, with the life, the resources and the logs of `life`. */
export function withLife(run: RunPlan, life: RunPlan): RunPlan {
  const { ready, drainTimeoutMs, stopTimeoutMs, unreadyTimeoutMs, restart } = life;
  const settings: LifePlan = { ready, drainTimeoutMs, stopTimeoutMs, unreadyTimeoutMs, restart };
  if (run.runner === 'process' && life.runner === 'process') return { ...run, ...settings, resources: life.resources, logs: life.logs };
  if (run.runner === 'container' && life.runner === 'container') return { ...run, ...settings, resources: life.resources };
  return { ...run, ...settings };
}

/** What a deploy asks for, as a run; or why it cannot be. */
export function deployedRun(service: string, run: RunPlan, { command, image, env }: DeployRequest): RunPlan | FleetResult {
  const added = env ?? {};
  switch (run.runner) {
    case 'process':
      if (image !== undefined) return refused(`service "${service}" runs processes and has no image: deploy it with --command`);
      if (command?.length === 0) return refused(`service "${service}": a command must name a program`);
      return { ...run, command: command ?? run.command, env: { ...run.env, ...added } };
    case 'container':
      return { ...run, image: image ?? run.image, command: command ?? run.command, env: { ...run.env, ...added } };
    case 'kubernetes': {
      const what = `${run.kind.toLowerCase()}/${run.name} --namespace ${run.namespace}`;
      return refused(`Kubernetes deploys service "${service}" itself: kubectl set image ${what} '*=${image ?? 'IMAGE'}'`);
    }
    case 'aws-asg':
      return refused(
        `the Auto Scaling group deploys service "${service}" itself: aws autoscaling start-instance-refresh --auto-scaling-group-name ${run.group}`,
      );
  }
}
