/**
 * Finds the route of a request: the first one, in the total order of `specificity.ts`, of all whose conditions hold. Routes are sorted
 * once; then each host pattern gets a table of its routes by path. A request asks the table of its exact host, those of the suffixes that
 * fit, and the one for any host, and skips each that holds nothing better than what was found. Nothing is allocated per request beyond
 * the path's segments; the answer does not depend on the number of routes.
 */
import { assert } from '../../base/assert.ts';
import type { Candidate } from './candidate-list.ts';
import { conditionCount, Conditions } from './conditions.ts';
import { normalizeHostPattern } from './host.ts';
import type { RouteMatcher, RouteRequest } from './matcher.ts';
import { compilePath, type CompiledPath } from './path-condition.ts';
import { PathTable } from './path-table.ts';
import { matchPattern } from './pattern.ts';
import type { CompileRegex } from './regex.ts';
import { compareSpecificity, specificityOf, type Specificity } from './specificity.ts';

export interface RouterOptions {
  /** The listener whose routes are wanted. */
  readonly listener: string;
  readonly compileRegex: CompileRegex;
}

interface Entry {
  readonly specificity: Specificity;
  readonly host: string;
  readonly path: CompiledPath;
  readonly conditions: Conditions | null;
}

const NO_NAMES: readonly string[] = [];

/** The compiled routes of one listener. */
export class Router {
  /** Parameter values of the last match, percent-encoded as in the path; reused, so read them before the next `match`. */
  readonly params: string[] = [];
  readonly #paths: (CompiledPath | null)[];
  readonly #exact = new Map<string, PathTable>();
  readonly #suffixes = new Map<string, PathTable>();
  readonly #any = new PathTable();
  /** Labels of the longest configured suffix: bounds the look-ups that a long host can cause. */
  #suffixLabelsMax = 0;
  #matched: CompiledPath | null = null;
  #path = '';

  /**
   * Compiles routes.
   * @param routes In configuration order; `match` answers with indexes into it.
   * @throws {Error} when a host, path or regular expression is not valid; validation refuses those before.
   */
  constructor(routes: readonly RouteMatcher[], options: RouterOptions) {
    this.#paths = Array.from({ length: routes.length }, () => null);
    const entries: Entry[] = [];
    for (const [index, route] of routes.entries()) {
      if (route.listeners.length > 0 && !route.listeners.includes(options.listener)) continue;
      const path = compilePath(route.path, options.compileRegex);
      this.#paths[index] = path;
      const conditions = conditionCount(route) === 0 ? null : new Conditions(route, options.compileRegex);
      for (const host of hostsOf(route)) entries.push({ specificity: specificityOf(route, host, path, index), host, path, conditions });
    }
    entries.sort((left, right) => compareSpecificity(left.specificity, right.specificity));
    for (const [rank, { specificity, host, path, conditions }] of entries.entries()) {
      this.#tableOf(host).add(path, { rank, route: specificity.order, conditions });
    }
  }

  #tableOf(host: string): PathTable {
    if (host === '') return this.#any;
    if (!host.startsWith('*.')) return tableIn(this.#exact, host);
    const suffix = host.slice(2);
    this.#suffixLabelsMax = Math.max(this.#suffixLabelsMax, labelCount(suffix));
    return tableIn(this.#suffixes, suffix);
  }

  /**
   * The route of a request.
   * @returns Its index, or -1 when none matches.
   */
  match(request: RouteRequest): number {
    const table = this.#exact.size > 0 ? this.#exact.get(request.host) : undefined;
    let best = table === undefined ? null : table.find(request, Number.MAX_SAFE_INTEGER);
    if (this.#suffixLabelsMax > 0) best = this.#matchSuffixes(request, best);
    best = better(this.#any, request, best);
    if (best === null) {
      this.#matched = null;
      this.params.length = 0;
      return -1;
    }
    this.#remember(this.#paths[best.route] ?? null, request.path);
    return best.route;
  }

  /** Walks the host's suffixes from the right, from `com` to the longest that is configured. */
  #matchSuffixes(request: RouteRequest, found: Candidate | null): Candidate | null {
    const host = request.host;
    let best = found;
    let dot = host.length;
    for (let labels = 1; labels <= this.#suffixLabelsMax; labels++) {
      dot = dot <= 0 ? -1 : host.lastIndexOf('.', dot - 1);
      if (dot <= 0) return best;
      const table = this.#suffixes.get(host.slice(dot + 1));
      if (table !== undefined) best = better(table, request, best);
    }
    return best;
  }

  #remember(matched: CompiledPath | null, path: string): void {
    this.#matched = matched;
    this.#path = path;
    if (matched !== null && matched.kind === 'segments' && matched.pattern.names.length > 0)
      matchPattern(matched.pattern, path, this.params);
    else if (this.params.length > 0) this.params.length = 0;
  }

  /** Names of the last match's parameters, in the order of `params`. */
  get paramNames(): readonly string[] {
    return this.#matched?.kind === 'segments' ? this.#matched.pattern.names : NO_NAMES;
  }

  /** What `*` took in the last match, without its leading slash; empty when the route has none. */
  get rest(): string {
    const matched = this.#matched;
    if (matched?.kind !== 'segments' || !matched.pattern.isOpen) return '';
    return this.#path.slice(matchPattern(matched.pattern, this.#path, []));
  }
}

function better(table: PathTable, request: RouteRequest, best: Candidate | null): Candidate | null {
  const limit = best === null ? Number.MAX_SAFE_INTEGER : best.rank;
  return table.bestRank < limit ? (table.find(request, limit) ?? best) : best;
}

/** A route's hosts in canonical form; `""` stands for any. */
export function hostsOf(route: RouteMatcher): readonly string[] {
  if (route.hosts.length === 0) return [''];
  return route.hosts.map((host) => {
    if (host === '*') return '';
    const canonical = normalizeHostPattern(host);
    assert(canonical !== null, `route host "${host}" is a name, an address or "*." and a name`);
    return canonical;
  });
}

/** True when a canonical host fits one of `hostsOf`. `*.example.com` fits one label or more before it, not the bare name. */
export function hostSatisfies(host: string, pattern: string): boolean {
  if (pattern === '') return true;
  if (!pattern.startsWith('*.')) return host === pattern;
  return host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}

function labelCount(name: string): number {
  let count = 1;
  for (let index = name.indexOf('.'); index >= 0; index = name.indexOf('.', index + 1)) count++;
  return count;
}

function tableIn(tables: Map<string, PathTable>, key: string): PathTable {
  let table = tables.get(key);
  if (table === undefined) tables.set(key, (table = new PathTable()));
  return table;
}
