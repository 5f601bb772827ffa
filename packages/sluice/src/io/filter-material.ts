/**
 * What the files hold that filters name: paths made absolute, secrets and keys read, modules and rules looked at, so that a wrong file is a fault with its place in the configuration and never
 * an error of a route that runs. Each kind's own reading stands in `filter-material-KIND.ts`.
 */
import type { FilterPlan } from '../config/filter-plan.ts';
import type { Path } from '../config/fault.ts';
import type { RoutePlan } from '../config/plan.ts';
import { readCustom } from './filter-material-custom.ts';
import { readErrorPage, readFixed } from './filter-material-files.ts';
import { readApiKeys } from './filter-material-api-key.ts';
import { readBasic } from './filter-material-basic.ts';
import { readIp } from './filter-material-ip.ts';
import { readJwt } from './filter-material-jwt.ts';
import { readWaf } from './filter-material-waf.ts';
import { readStatic } from './filter-material-static.ts';
import type { FilterReader } from './filter-reader.ts';

export type { FilterReader };

/** The route with what the files hold that its filters name. @param index Of the route in the configuration. */
export async function readFilters(route: RoutePlan, index: number, reader: FilterReader): Promise<RoutePlan> {
  if (route.filters.length === 0) return route;
  const filters = await Promise.all(route.filters.map((filter, place) => readFilter(filter, ['routes', index, 'filters', place], reader)));
  return { ...route, filters };
}

async function readFilter(filter: FilterPlan, path: Path, reader: FilterReader): Promise<FilterPlan> {
  if (filter.kind === 'custom') return { kind: 'custom', options: await readCustom(filter.options, path, reader) };
  if (filter.kind === 'apiKey') return { kind: 'apiKey', options: await readApiKeys(filter.options, path, reader) };
  if (filter.kind === 'ip') return { kind: 'ip', options: await readIp(filter.options, path, reader) };
  if (filter.kind === 'basic') return { kind: 'basic', options: await readBasic(filter.options, path, reader) };
  if (filter.kind === 'jwt') return { kind: 'jwt', options: await readJwt(filter.options, path, reader) };
  if (filter.kind === 'static') return { kind: 'static', options: await readStatic(filter.options, path, reader) };
  if (filter.kind === 'fixed') return { kind: 'fixed', options: await readFixed(filter.options, path, reader) };
  if (filter.kind === 'errorPage') return { kind: 'errorPage', options: await readErrorPage(filter.options, path, reader) };
  if (filter.kind === 'waf') return { kind: 'waf', options: await readWaf(filter.options, path, reader) };
  return filter;
}
