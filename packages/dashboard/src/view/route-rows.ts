/** The rows of the routes' table: what each matches and does, in words, out of the plan; searched, sorted, and cut into pages, since there may be 10,000. */
import type { TrafficSnapshot } from '../api/types.ts';

interface FieldMatch {
  readonly name: string;
  readonly kind: 'present' | 'equal' | 'prefix' | 'regex';
  readonly value: string;
}

/** The part of a plan's route that is read. */
export interface PlanRoute {
  readonly name: string;
  readonly listeners: readonly string[];
  readonly priority: number;
  readonly hosts: readonly string[];
  readonly path: { readonly kind: string; readonly path?: string; readonly pattern?: string; readonly source?: string };
  readonly methods: readonly string[];
  readonly headers: readonly FieldMatch[];
  readonly cookies: readonly FieldMatch[];
  readonly query: readonly FieldMatch[];
  readonly client?: readonly FieldMatch[];
  readonly action: {
    readonly kind: string;
    readonly targets?: readonly { readonly service: string; readonly weight: number }[];
    readonly status?: number;
    readonly location?: string;
  };
  readonly filters?: readonly { readonly kind: string }[];
}

export interface RouteRow {
  readonly name: string;
  readonly match: string;
  /** What it does where it forwards to no service; empty otherwise. */
  readonly action: string;
  /** `share` 0..1 of the requests. */
  readonly services: readonly { readonly name: string; readonly share: number }[];
  readonly filters: readonly string[];
  readonly priority: number;
  /** What a search looks at, lower case. */
  readonly text: string;
}

export function routeRows(routes: readonly PlanRoute[]): readonly RouteRow[] {
  return routes.map((route) => {
    const match = matchWords(route);
    const action = actionWords(route.action);
    const services = sharesOf(route.action.targets ?? []);
    const filters = (route.filters ?? []).map(({ kind }) => kind);
    const text = [route.name, match, action, ...services.map(({ name }) => name), ...filters].join('\n').toLowerCase();
    return { name: route.name, match, action, services, filters, priority: route.priority, text };
  });
}

/** `shop.example /cart/* · POST · header x-beta` */
export function matchWords({ listeners, hosts, path, methods, headers, cookies, query, client = [] }: PlanRoute): string {
  const place = [hosts.join(', '), pathWords(path)].filter((part) => part !== '').join(' ');
  const fields = (kind: string, all: readonly FieldMatch[]) => all.map((field) => `${kind} ${fieldWords(field)}`);
  return [
    place,
    methods.join(', '),
    ...fields('header', headers),
    ...fields('cookie', cookies),
    ...fields('query', query),
    ...fields('certificate', client),
    listeners.length === 0 ? '' : `at ${listeners.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function pathWords({ kind, path = '', pattern = '', source = '' }: PlanRoute['path']): string {
  switch (kind) {
    case 'prefix':
      return `${path}/*`;
    case 'pattern':
      return pattern;
    case 'regex':
      return `~ ${source}`;
    default:
      return path;
  }
}

function fieldWords({ name, kind, value }: FieldMatch): string {
  switch (kind) {
    case 'present':
      return name;
    case 'equal':
      return `${name} = ${value}`;
    case 'prefix':
      return `${name} = ${value}*`;
    case 'regex':
      return `${name} ~ ${value}`;
  }
}

function actionWords({ kind, status, location }: PlanRoute['action']): string {
  if (kind === 'redirect') return `${status} to ${location}`;
  return kind === 'respond' ? `answers ${status}` : '';
}

function sharesOf(targets: readonly { readonly service: string; readonly weight: number }[]): RouteRow['services'] {
  const whole = targets.reduce((sum, { weight }) => sum + weight, 0);
  return targets.map(({ service, weight }) => ({ name: service, share: whole === 0 ? 0 : weight / whole }));
}

/** Rows that have every word of the text somewhere. */
export function searchRoutes(rows: readonly RouteRow[], search: string): readonly RouteRow[] {
  const parts = search
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '');
  return parts.length === 0 ? rows : rows.filter(({ text }) => parts.every((part) => text.includes(part)));
}

export type RouteKey = 'order' | 'name' | 'priority' | 'rps' | 'errors' | 'p95' | 'hits';

/** @param order `order`: as in the plan. By the rates of the moment, so that rows stay where they are until one asks again. */
export function sortRoutes(
  rows: readonly RouteRow[],
  snapshot: TrafficSnapshot | null,
  order: { readonly by: RouteKey; readonly isDescending: boolean },
): readonly RouteRow[] {
  const turn = order.isDescending ? -1 : 1;
  if (order.by === 'order') return order.isDescending ? rows.toReversed() : rows;
  if (order.by === 'name') return rows.toSorted((a, b) => turn * a.name.localeCompare(b.name));
  const { by } = order;
  return rows.toSorted((a, b) => turn * (valueOf(a, snapshot, by) - valueOf(b, snapshot, by)));
}

function valueOf({ name, priority }: RouteRow, snapshot: TrafficSnapshot | null, by: Exclude<RouteKey, 'order' | 'name'>): number {
  const rate = snapshot?.routes[name];
  switch (by) {
    case 'priority':
      return priority;
    case 'rps':
      return rate?.rps ?? 0;
    case 'errors':
      return rate === undefined || rate.rps === 0 ? 0 : rate.errorRps / rate.rps;
    case 'p95':
      return rate?.p95Ms ?? -1;
    case 'hits':
      return rate?.hitRatio ?? -1;
  }
}
