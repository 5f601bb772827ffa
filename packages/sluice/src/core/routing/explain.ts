/**
 * Says for each route whether it matches a request and, if not, what is missing: the router's decision, spelled out. It tests route by
 * route in rank order with the router's own parts, without its tables; for people, not for the request path.
 */
import { conditionCount } from './conditions.ts';
import {
  clientSatisfies,
  compileField,
  cookieSatisfies,
  headerSatisfies,
  querySatisfies,
  type FieldCondition,
  type FieldTest,
} from './fields.ts';
import { hostSatisfies, hostsOf, type RouterOptions } from './router.ts';
import type { PathCondition, RouteMatcher, RouteRequest } from './matcher.ts';
import { compilePath, pathSatisfies, type CompiledPath } from './path-condition.ts';
import { compareSpecificity, specificityOf, type Specificity } from './specificity.ts';

export interface ExplainOptions extends RouterOptions {
  /** Lines at most; the chosen route is always among them. Default 50. */
  readonly linesMax?: number;
}

/** One route's verdict. */
export interface RouteExplanation {
  /** Index in the configuration. */
  readonly route: number;
  readonly verdict: 'chosen' | 'matches' | 'differs';
  /** One sentence part: why it was chosen, or the first thing that does not fit. */
  readonly reason: string;
}

export interface Explanation {
  /** Index of the chosen route, or -1. */
  readonly chosen: number;
  /** In rank order; a route with several hosts stands where its best fitting host puts it. */
  readonly lines: readonly RouteExplanation[];
  /** Routes that are not listed. */
  readonly omitted: number;
}

interface Examined {
  readonly specificity: Specificity;
  /** Null when it matches. */
  readonly fault: string | null;
}

const LINES_MAX = 50;

/** Explains which route a request takes, and why not the others. Cost: linear in the routes. */
export function explainRoutes(routes: readonly RouteMatcher[], request: RouteRequest, options: ExplainOptions): Explanation {
  const examined = routes.map((route, index) => examine(route, index, request, options));
  examined.sort((left, right) => compareSpecificity(left.specificity, right.specificity));
  const chosenAt = examined.findIndex((one) => one.fault === null);
  const chosen = examined[chosenAt]?.specificity.order ?? -1;
  const linesMax = Math.max(1, options.linesMax ?? LINES_MAX);
  const listed = examined.slice(0, linesMax);
  if (chosenAt >= linesMax) listed[linesMax - 1] = examined[chosenAt]!;
  return { chosen, lines: listed.map((one) => explainOne(one, chosen)), omitted: examined.length - listed.length };
}

function explainOne({ specificity, fault }: Examined, chosen: number): RouteExplanation {
  const route = specificity.order;
  if (fault !== null) return { route, verdict: 'differs', reason: fault };
  if (route === chosen) return { route, verdict: 'chosen', reason: 'the first in order whose conditions all hold' };
  return { route, verdict: 'matches', reason: 'would match, but comes after the chosen route' };
}

function examine(route: RouteMatcher, order: number, request: RouteRequest, options: ExplainOptions): Examined {
  const path = compilePath(route.path, options.compileRegex);
  const hosts = hostsOf(route);
  const ranks = hosts.filter((host) => hostSatisfies(request.host, host)).map((host) => specificityOf(route, host, path, order));
  ranks.sort(compareSpecificity);
  const fault = findFault(route, path, ranks.length > 0, request, options);
  return { specificity: ranks[0] ?? specificityOf(route, hosts[0] ?? '', path, order), fault };
}

/** The first thing that does not fit, in words. */
function findFault(
  route: RouteMatcher,
  path: CompiledPath,
  hostFits: boolean,
  request: RouteRequest,
  options: ExplainOptions,
): string | null {
  if (route.listeners.length > 0 && !route.listeners.includes(options.listener)) {
    return `listener "${options.listener}" is not among ${route.listeners.join(', ')}`;
  }
  if (!hostFits) return `host "${request.host}" is not ${route.hosts.join(' or ')}`;
  if (!pathSatisfies(request.path, path, [])) return `path "${request.path}" does not fit ${describePath(route.path)}`;
  if (route.methods.length > 0 && !route.methods.includes(request.method))
    return `method ${request.method} is not ${route.methods.join(' or ')}`;
  return conditionCount(route) === 0 ? null : findFieldFault(route, request, options);
}

function findFieldFault(route: RouteMatcher, request: RouteRequest, options: ExplainOptions): string | null {
  for (const condition of route.headers) {
    if (!holds(condition, options, (test) => headerSatisfies(request.header(test.name), test))) return `header ${describeField(condition)}`;
  }
  for (const condition of route.cookies) {
    if (!holds(condition, options, (test) => cookieSatisfies(request.header('cookie') ?? '', test)))
      return `cookie ${describeField(condition)}`;
  }
  for (const condition of route.query) {
    if (!holds(condition, options, (test) => querySatisfies(request.query ?? '', test)))
      return `query parameter ${describeField(condition)}`;
  }
  for (const condition of route.client ?? []) {
    if (!holds(condition, options, (test) => clientSatisfies(request.client ?? null, test)))
      return `client certificate ${describeField(condition)}`;
  }
  return null;
}

/** A matcher that fails does not hold, as in the router. */
function holds(condition: FieldCondition, options: ExplainOptions, isSatisfied: (test: FieldTest) => boolean): boolean {
  const test = compileField(condition, options.compileRegex);
  try {
    return isSatisfied(test);
  } catch {
    return false;
  }
}

/** Never shows what the request sent: cookies and headers hold secrets. */
function describeField({ name, kind, value }: FieldCondition): string {
  switch (kind) {
    case 'present':
      return `"${name}" is absent`;
    case 'equal':
      return `"${name}" is not "${value}"`;
    case 'prefix':
      return `"${name}" does not start with "${value}"`;
    case 'regex':
      return `"${name}" does not match ${value}`;
  }
}

/** A path condition as people write it. */
function describePath(path: PathCondition): string {
  switch (path.kind) {
    case 'exact':
      return path.path;
    case 'prefix':
      return `${path.path}/*`;
    case 'pattern':
      return path.pattern;
    case 'regex':
      return `regular expression ${path.source}`;
  }
}
