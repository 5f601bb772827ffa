/**
 * What differs between two Plans, so that only that is applied: what is not named here keeps its connections, its health and its counters.
 * Things are matched by name, endpoints by address.
 */
import type { Plan } from './plan.ts';

/** Names that came, changed and went. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Differences of two plans; generations are not compared. */
export interface PlanDiff {
  readonly listeners: Changes;
  readonly services: Changes;
  /** By service, for services in both plans whose endpoints differ. */
  readonly endpoints: Readonly<Record<string, Changes>>;
  readonly routes: Changes;
  /** Whether the same routes stand in another order (which decides among equals). */
  readonly isReordered: boolean;
  /** Names of top-level settings that differ: `admin`, `accessLog`, `acmeChallenges`, `workers`, `drainTimeoutMs`, `caches`, `stores`, `memories`. */
  readonly settings: readonly string[];
  readonly isEmpty: boolean;
}

const SETTINGS = ['admin', 'accessLog', 'acmeChallenges', 'workers', 'drainTimeoutMs', 'caches', 'stores', 'memories'] as const;

/** Compares two plans. Linear in their size. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const listeners = diffBy(before.listeners, after.listeners, (listener) => listener.name);
  const services = diffBy(before.services, after.services, (service) => service.name);
  const routes = diffBy(before.routes, after.routes, (route) => route.name);
  const settings = SETTINGS.filter((key) => !isSame(before[key], after[key]));
  const isReordered =
    routes.added.length + routes.removed.length === 0 && before.routes.some((route, index) => route.name !== after.routes[index]?.name);
  const isEmpty = [listeners, services, routes].every(isUnchanged) && settings.length === 0 && !isReordered;
  return { listeners, services, endpoints: diffEndpoints(before, after, services.changed), routes, isReordered, settings, isEmpty };
}

/** Whether nothing came, changed or went. */
export function isUnchanged(changes: Changes): boolean {
  return changes.added.length + changes.changed.length + changes.removed.length === 0;
}

/** Structural equality of plain data: primitives, arrays and objects. The order of keys does not matter; a key that is missing is not one that is undefined. */
export function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    const other = (right as Record<string, unknown>)[key];
    if (!isSame((left as Record<string, unknown>)[key], other)) return false;
    if (other === undefined && !Object.hasOwn(right, key)) return false;
  }
  return true;
}

/** One line for people: `routes +2 ~1; service "web": endpoints -1`. */
export function summarizeDiff(diff: PlanDiff): string {
  if (diff.isEmpty) return 'nothing changed';
  const parts = (['listeners', 'services', 'routes'] as const).flatMap((noun) =>
    isUnchanged(diff[noun]) ? [] : [summarize(noun, diff[noun])],
  );
  for (const [service, changes] of Object.entries(diff.endpoints))
    parts.push(`service ${JSON.stringify(service)}: ${summarize('endpoints', changes)}`);
  if (diff.isReordered) parts.push('routes in another order');
  if (diff.settings.length > 0) parts.push(`settings: ${diff.settings.join(', ')}`);
  return parts.join('; ');
}

/** Names are listed while they are few. */
const NAMES_SHOWN_MAX = 5;

function summarize(noun: string, changes: Changes): string {
  const part = (sign: string, names: readonly string[]): string[] => {
    if (names.length === 0) return [];
    return [names.length > NAMES_SHOWN_MAX ? `${sign}${names.length}` : names.map((name) => `${sign}${name}`).join(' ')];
  };
  return [noun, ...part('+', changes.added), ...part('~', changes.changed), ...part('-', changes.removed)].join(' ');
}

function diffEndpoints(before: Plan, after: Plan, changed: readonly string[]): Record<string, Changes> {
  const earlier = new Map(before.services.map((service) => [service.name, service.endpoints]));
  const later = new Map(after.services.map((service) => [service.name, service.endpoints]));
  const differing = changed.map(
    (name) => [name, diffBy(earlier.get(name) ?? [], later.get(name) ?? [], (endpoint) => endpoint.address)] as const,
  );
  return Object.fromEntries(differing.filter(([, changes]) => !isUnchanged(changes)));
}

/** Most items stay in their places: only the others are looked up by name. */
function diffBy<Item>(before: readonly Item[], after: readonly Item[], nameOf: (item: Item) => string): Changes {
  const isInPlace = (index: number): boolean =>
    index < before.length && index < after.length && nameOf(before[index]!) === nameOf(after[index]!);
  const moved = new Map<string, Item>();
  before.forEach((item, index) => isInPlace(index) || moved.set(nameOf(item), item));
  const added: string[] = [];
  const changed: string[] = [];
  after.forEach((item, index) => {
    const name = nameOf(item);
    const old = isInPlace(index) ? before[index] : moved.get(name);
    if (old === undefined) added.push(name);
    else if (!isSame(old, item)) changed.push(name);
    moved.delete(name);
  });
  return { added, changed, removed: [...moved.keys()] };
}
