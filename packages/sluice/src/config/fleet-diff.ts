/**
 * What differs between two FleetPlans, in words for people: what a change of `run`, `replicas`, `deploy` or `fleet` did is not in the Plan, which only workers read.
 * Services are matched by name; values are not shown, for an environment may hold secrets.
 */
import { isSame } from './diff.ts';
import type { FleetPlan, FleetServicePlan, RunPlan } from './fleet-plan.ts';

/** One line for each service that differs, and one for the fleet; empty when nothing does. Linear in the number of services. */
export function describeFleetChange(before: FleetPlan, after: FleetPlan): readonly string[] {
  const earlier = new Map(before.services.map((service) => [service.service, service] as const));
  const later = new Set(after.services.map(({ service }) => service));
  const lines: string[] = [];
  for (const service of after.services) {
    const parts = serviceParts(earlier.get(service.service), service);
    if (parts.length > 0) lines.push(`service ${JSON.stringify(service.service)}: ${parts.join(', ')}`);
  }
  for (const name of earlier.keys()) if (!later.has(name)) lines.push(`service ${JSON.stringify(name)}: no instances any more`);
  const fleet = fleetParts(before, after);
  if (fleet.length > 0) lines.push(`fleet: ${fleet.join(', ')}`);
  return lines;
}

/** Names as the configuration has them. */
function serviceParts(before: FleetServicePlan | undefined, after: FleetServicePlan): readonly string[] {
  if (before === undefined) return ['instances'];
  const parts = [
    ...(isSame(...runs(before.run, after.run)) ? [] : ['run']),
    ...(isSame(resourcesOf(before.run), resourcesOf(after.run)) ? [] : ['run.resources']),
  ];
  for (const key of ['replicas', 'deploy'] as const) if (!isSame(before[key], after[key])) parts.push(key);
  return parts;
}

/** Both without their resources, which running instances can be given. */
function runs(before: RunPlan, after: RunPlan): [unknown, unknown] {
  return [
    { ...before, resources: null },
    { ...after, resources: null },
  ];
}

function resourcesOf(run: RunPlan): unknown {
  return 'resources' in run ? run.resources : null;
}

function fleetParts(before: FleetPlan, after: FleetPlan): readonly string[] {
  const parts: string[] = [];
  if (!isSame(before.budget, after.budget)) parts.push('budget');
  if (before.directory !== after.directory) parts.push('directory');
  if (before.isDetached !== after.isDetached) parts.push('detach');
  return parts;
}
