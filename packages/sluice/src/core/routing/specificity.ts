/**
 * Which of several matching routes wins. A total order, in this sequence; the first difference decides:
 *
 *  1. `priority`: higher first.
 *  2. host: exact, then `*.suffix` (longer first), then any. A route with several hosts counts with the one that matches.
 *  3. path kind: exact; then a pattern that ends (`/users/:id`); then one that is open (`/api/*`, `/users/:id/*`); then a regular
 *     expression; then `/*`.
 *  4. among patterns: more literal segments; then more segments; then the literal that stands further left. So a longer prefix comes
 *     before a shorter one, and whatever is a subset of another comes before it.
 *  5. conditions: more of them (methods together are one; each header, cookie, query, client condition is one).
 *  6. order in the configuration: earlier first.
 */
import { conditionCount } from './conditions.ts';
import type { RouteMatcher } from './matcher.ts';
import type { CompiledPath } from './path-condition.ts';
import type { PathPattern } from './pattern.ts';

/** One route under one of its hosts, with all that decides its place. */
export interface Specificity {
  readonly priority: number;
  /** Exact is above every suffix, a longer suffix above a shorter one, any is 0. */
  readonly host: number;
  readonly path: number;
  readonly literals: number;
  readonly segments: number;
  /** A letter per segment, `a` for literal and `b` for parameter, so that text order is the order wanted. */
  readonly shape: string;
  readonly conditions: number;
  /** Index in the configuration. */
  readonly order: number;
}

const EXACT = 4;
const CLOSED = 3;
const OPEN = 2;
const REGEX = 1;
const EVERYTHING = 0;

/** Above the longest suffix. */
const EXACT_HOST = 1000;

/** @param host One of the route's hosts in canonical form, or `""` for any. */
export function specificityOf(route: RouteMatcher, host: string, path: CompiledPath, order: number): Specificity {
  const pattern = path.kind === 'segments' ? path.pattern : null;
  return {
    priority: route.priority,
    host: host === '' ? 0 : host.startsWith('*.') ? host.length : EXACT_HOST,
    path: pathKind(path),
    literals: pattern === null ? 0 : pattern.segments.length - pattern.names.length,
    segments: pattern === null ? 0 : pattern.segments.length,
    shape: pattern === null || pattern.names.length === 0 ? '' : shapeOf(pattern),
    conditions: conditionCount(route),
    order,
  };
}

function shapeOf(pattern: PathPattern): string {
  let shape = '';
  for (const segment of pattern.segments) shape += segment === null ? 'b' : 'a';
  return shape;
}

function pathKind(path: CompiledPath): number {
  if (path.kind === 'exact') return EXACT;
  if (path.kind === 'regex') return REGEX;
  if (!path.pattern.isOpen) return CLOSED;
  return path.pattern.segments.length === 0 ? EVERYTHING : OPEN;
}

/** Negative when the left one goes first. */
export function compareSpecificity(left: Specificity, right: Specificity): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  if (left.host !== right.host) return right.host - left.host;
  if (left.path !== right.path) return right.path - left.path;
  if (left.literals !== right.literals) return right.literals - left.literals;
  if (left.segments !== right.segments) return right.segments - left.segments;
  if (left.shape !== right.shape) return left.shape < right.shape ? -1 : 1;
  if (left.conditions !== right.conditions) return right.conditions - left.conditions;
  return left.order - right.order;
}
