/** What must hold of a service that Sluice runs itself, and of all of them together. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawObject, type Report } from '../raw.ts';
import { checkRun } from './fleet-run.ts';

/** Settings that only instances of ours have. */
const ONLY_WITH_RUN = ['replicas', 'deploy'] as const;

/** Reports faults of the fleet beyond the form of each field. */
export function checkFleet(config: RawConfig, report: Report): void {
  for (const [name, service] of Object.entries(config.services)) {
    const path: Path = ['services', name];
    checkPresence(service, path, report);
    const run = rawField(service, 'run');
    if (run !== undefined) checkRun(run, [...path, 'run'], report);
  }
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
