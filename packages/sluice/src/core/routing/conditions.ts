/**
 * What a route asks beyond host and path: method, the client's certificate, headers, cookies, query. All must hold; the cheapest is asked first.
 * An error in a matcher means that the route does not match (fail closed): an engine that trips over a crafted value must not open a
 * route, nor take the worker down.
 */
import {
  clientSatisfies,
  compileField,
  cookieSatisfies,
  headerSatisfies,
  querySatisfies,
  type FieldCondition,
  type FieldTest,
} from './fields.ts';
import type { RouteMatcher, RouteRequest } from './matcher.ts';
import type { CompileRegex } from './regex.ts';

/** A condition that asks for one value. */
export interface EqualField {
  readonly source: 'header' | 'cookie' | 'query';
  readonly name: string;
  readonly value: string;
}

/** The compiled conditions of one route. */
export class Conditions {
  /** Those that ask for one value; long lists of routes are indexed by them. */
  readonly equalFields: readonly EqualField[];
  readonly #methods: readonly string[];
  readonly #headers: readonly FieldTest[];
  readonly #cookies: readonly FieldTest[];
  readonly #query: readonly FieldTest[];
  readonly #client: readonly FieldTest[];

  /** @throws what `compileRegex` throws. */
  constructor(route: RouteMatcher, compileRegex: CompileRegex) {
    this.equalFields = [
      ...equalFieldsOf('header', route.headers),
      ...equalFieldsOf('cookie', route.cookies),
      ...equalFieldsOf('query', route.query),
    ];
    this.#methods = route.methods;
    this.#headers = route.headers.map((condition) => compileField(condition, compileRegex));
    this.#cookies = route.cookies.map((condition) => compileField(condition, compileRegex));
    this.#query = route.query.map((condition) => compileField(condition, compileRegex));
    this.#client = (route.client ?? []).map((condition) => compileField(condition, compileRegex));
  }

  /** True when the request satisfies all of them. */
  hold(request: RouteRequest): boolean {
    if (this.#methods.length > 0 && !this.#methods.includes(request.method)) return false;
    try {
      return this.#clientHolds(request) && this.#headersHold(request) && this.#cookiesHold(request) && this.#queryHolds(request);
    } catch {
      return false;
    }
  }

  #clientHolds({ client = null }: RouteRequest): boolean {
    for (const test of this.#client) {
      if (!clientSatisfies(client, test)) return false;
    }
    return true;
  }

  #headersHold(request: RouteRequest): boolean {
    for (const test of this.#headers) {
      if (!headerSatisfies(request.header(test.name), test)) return false;
    }
    return true;
  }

  #cookiesHold(request: RouteRequest): boolean {
    if (this.#cookies.length === 0) return true;
    const cookies = request.header('cookie');
    if (cookies === null) return false;
    for (const test of this.#cookies) {
      if (!cookieSatisfies(cookies, test)) return false;
    }
    return true;
  }

  #queryHolds(request: RouteRequest): boolean {
    if (this.#query.length === 0) return true;
    if (request.query === null) return false;
    for (const test of this.#query) {
      if (!querySatisfies(request.query, test)) return false;
    }
    return true;
  }
}

function equalFieldsOf(source: EqualField['source'], conditions: readonly FieldCondition[]): EqualField[] {
  return conditions.filter(({ kind }) => kind === 'equal').map(({ name, value }) => ({ source, name, value }));
}

/** How many conditions a route has beyond host and path; methods together are one. */
export function conditionCount(route: RouteMatcher): number {
  const fields = route.headers.length + route.cookies.length + route.query.length + (route.client?.length ?? 0);
  return (route.methods.length > 0 ? 1 : 0) + fields;
}
