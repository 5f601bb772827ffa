/**
 * Room in the tables that all threads share. A reload may replace everything while what was there still drains, so listeners and routes may fill
 * half of their tables.
 */
import { ENDPOINTS_MAX, SERVICES_MAX } from '../../core/balancing/endpoint-table.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';
import { rawReplicas } from './fleet-replicas.ts';

/** Half of what the metric board holds. */
export const LISTENERS_MAX = 128;
export const ROUTES_MAX = 32_768;

/** Reports what does not fit. */
export function checkCapacity(config: RawConfig, report: Report): void {
  const services = Object.values(config.services);
  const endpoints = services.reduce<number>((sum, service) => sum + endpointsOf(service), 0);
  const check = (section: string, count: number, max: number): void => {
    if (count > max) report({ path: [section], what: `must be at most ${max}, got ${count}` });
  };
  check('listeners', Object.keys(config.listeners).length, LISTENERS_MAX);
  check('services', services.length, SERVICES_MAX);
  check('routes', config.routes.length, ROUTES_MAX);
  if (endpoints > ENDPOINTS_MAX)
    report({ path: ['services'], what: `must have at most ${ENDPOINTS_MAX} endpoints together, got ${endpoints}` });
}

/** Those that are written, or may come to run. */
function endpointsOf(service: unknown): number {
  if (rawField(service, 'run') === undefined) return rawList(rawField(service, 'endpoints')).length;
  return rawReplicas(service).max;
}
