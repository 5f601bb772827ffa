/** What must hold of a service that Sluice runs itself, and of all of them together. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawObject, type Report } from '../raw.ts';
import { checkBudget } from './fleet-budget.ts';
import { checkDeploy } from './fleet-deploy.ts';
import { checkReplicas } from './fleet-replicas.ts';
import { checkRun } from './fleet-run.ts';
import { checkScale } from './fleet-scale.ts';

/** Settings that only instances of ours have. */
const ONLY_WITH_RUN = ['replicas', 'deploy'] as const;

/** Reports faults of the fleet beyond the form of each field. */
export function checkFleet(config: RawConfig, report: Report): void {
  for (const [name, service] of Object.entries(config.services)) {
    const path: Path = ['services', name];
    checkPresence(service, path, report);
    const run = rawField(service, 'run');
    if (run === undefined) continue;
    checkRun(run, [...path, 'run'], report);
    checkReplicas(service, [...path, 'replicas'], report);
    checkScale(service, [...path, 'replicas', 'scale'], report);
    checkDeploy(service, [...path, 'deploy'], report);
  }
  checkBudget(config, report);
  checkListeners(config, report);
}

/** Endpoints or instances, one of the two. */
function checkPresence(service: unknown, path: Path, report: Report): void {
  if (rawObject(service) !== service) return;
  const hasRun = rawField(service, 'run') !== undefined;
  const hasEndpoints = rawField(service, 'endpoints') !== undefined;
  if (hasRun && hasEndpoints) {
    const hint = 'instances are the endpoints; make a service of each and a route with weights to have both';
    report({ path, what: 'must have one of endpoints and run, but has both', hint });
  }
  if (hasRun) return;
  if (!hasEndpoints) {
    const hint = "write endpoints: ['127.0.0.1:3001'] for what runs already, or run: { command: ['node', 'server.js'] }";
    report({ path, what: 'must have one of endpoints and run, but has none', hint });
  }
  for (const key of ONLY_WITH_RUN) {
    if (rawField(service, key) !== undefined)
      report({ path: [...path, key], what: 'belongs to a service with run, and this one has none' });
  }
}

/** Listeners that instances cannot stand behind. */
function checkListeners(config: RawConfig, report: Report): void {
  for (const [name, listener] of Object.entries(config.listeners)) {
    const to = rawField(listener, 'to');
    const services = typeof to === 'string' ? [to] : Object.keys(rawObject(to));
    for (const service of services) {
      const run = Object.hasOwn(config.services, service) ? rawField(config.services[service], 'run') : undefined;
      if (run === undefined) continue;
      const path: Path = ['listeners', name, 'to'];
      if (rawField(listener, 'engine') === 'kernel') {
        const what = `leads to service ${JSON.stringify(service)}, whose instances Sluice runs, and the kernel can neither hold a connection until one is ready nor say when it is idle`;
        report({ path, what, hint: "leave engine 'kernel' out" });
      } else if (rawField(listener, 'udp') !== undefined && rawField(run, 'socket') === true) {
        report({
          path: ['services', service, 'run', 'socket'],
          what: `cannot be beside listener ${JSON.stringify(name)}: UDP has no such sockets`,
        });
      }
    }
  }
}
