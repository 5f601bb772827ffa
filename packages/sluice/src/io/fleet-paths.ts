/** Paths of the fleet are meant from the configuration's directory, wherever Sluice was started. */
import { resolve } from 'node:path';
import type { FleetPlan, RunPlan } from '../config/fleet-plan.ts';

/** The same fleet, with every path absolute. */
export function withAbsoluteFleet(fleet: FleetPlan, directory: string): FleetPlan {
  const absolute = (path: string | null): string | null => (path === null ? null : resolve(directory, path));
  const services = fleet.services.map((service) => ({ ...service, run: withAbsoluteRun(service.run, absolute) }));
  return { ...fleet, services, directory: absolute(fleet.directory) };
}

function withAbsoluteRun(run: RunPlan, absolute: (path: string | null) => string | null): RunPlan {
  switch (run.runner) {
    case 'process':
      return { ...run, cwd: absolute(run.cwd), logs: { ...run.logs, directory: absolute(run.logs.directory) } };
    case 'kubernetes':
      return { ...run, kubeconfig: absolute(run.kubeconfig) };
    case 'container':
    case 'aws-asg':
      return run;
  }
}
