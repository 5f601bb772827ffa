/**
 * Routes that have host and path in common, in rank order: the first whose conditions hold is wanted. Usually there is one. Where many differ
 * by the value of one header, cookie or query parameter (a tenant, a version), asking each of them would cost as much as there are routes, so
 * from `INDEXED_FROM` on the list is indexed by that field: a request asks those that want its value and those that want no such value.
 */
import type { Conditions, EqualField } from './conditions.ts';
import { cookieSatisfies, querySatisfies, type FieldTest } from './fields.ts';
import type { RouteRequest } from './matcher.ts';

/** A route under one of its hosts. */
export interface Candidate {
  /** 0 goes first. */
  readonly rank: number;
  /** Index in the configuration. */
  readonly route: number;
  /** Null when it asks for nothing beyond host and path. */
  readonly conditions: Conditions | null;
}

/** Below this, asking each is as cheap as the index. */
const INDEXED_FROM = 12;

/** Candidates in rank order. */
export class CandidateList {
  readonly #first: Candidate;
  #more: Candidate[] | null = null;
  /** Made when it is first needed; undefined until then, null when no field tells the candidates apart. */
  #index: FieldIndex | null | undefined = undefined;

  constructor(first: Candidate) {
    this.#first = first;
  }

  /** Adds a candidate whose rank is above all in the list. */
  push(candidate: Candidate): void {
    (this.#more ??= []).push(candidate);
    this.#index = undefined;
  }

  /** The first candidate below a rank whose conditions hold. */
  find(request: RouteRequest, limit: number): Candidate | null {
    const first = this.#first;
    if (first.rank >= limit) return null;
    if (first.conditions === null || first.conditions.hold(request)) return first;
    const more = this.#more;
    if (more === null) return null;
    if (more.length < INDEXED_FROM) return firstOf(more, request, limit);
    if (this.#index === undefined) this.#index = indexFields(more);
    return this.#index === null ? firstOf(more, request, limit) : this.#index.find(request, limit);
  }
}

function firstOf(candidates: readonly Candidate[], request: RouteRequest, limit: number): Candidate | null {
  for (const candidate of candidates) {
    if (candidate.rank >= limit) return null;
    if (candidate.conditions === null || candidate.conditions.hold(request)) return candidate;
  }
  return null;
}

/** Candidates by the value that they want one field to be equal to. */
class FieldIndex {
  readonly #source: EqualField['source'];
  readonly #name: string;
  readonly #byValue = new Map<string, Candidate[]>();
  readonly #rest: Candidate[] = [];
  /** Sees every value of the field; made once, so that looking costs no closure. */
  readonly #visit: FieldTest;
  #request: RouteRequest | null = null;
  #limit = 0;
  #found: Candidate | null = null;

  constructor(source: EqualField['source'], name: string, candidates: readonly Candidate[]) {
    this.#source = source;
    this.#name = name;
    this.#visit = { name, accepts: (value) => this.#consider(this.#byValue.get(value)) };
    for (const candidate of candidates) {
      const wanted = candidate.conditions?.equalFields.find((field) => field.source === source && field.name === name);
      const list = wanted === undefined ? this.#rest : this.#byValue.get(wanted.value);
      if (list !== undefined) list.push(candidate);
      else this.#byValue.set(wanted!.value, [candidate]);
    }
  }

  find(request: RouteRequest, limit: number): Candidate | null {
    this.#request = request;
    this.#limit = limit;
    this.#found = null;
    try {
      this.#visitValues(request);
    } catch {
      // A request that cannot say its values has none: only routes that do not ask remain.
    }
    this.#consider(this.#rest);
    this.#request = null;
    return this.#found;
  }

  #visitValues(request: RouteRequest): void {
    if (this.#source === 'query') {
      if (request.query !== null) querySatisfies(request.query, this.#visit);
      return;
    }
    const text = request.header(this.#source === 'cookie' ? 'cookie' : this.#name);
    if (text === null) return;
    if (this.#source === 'cookie') cookieSatisfies(text, this.#visit);
    else this.#visit.accepts(text);
  }

  /** Never satisfied, so that every value is looked at. */
  #consider(candidates: readonly Candidate[] | undefined): boolean {
    if (candidates === undefined || this.#request === null) return false;
    const found = firstOf(candidates, this.#request, this.#limit);
    if (found !== null) {
      this.#found = found;
      this.#limit = found.rank;
    }
    return false;
  }
}

/** An index by the field that most candidates want to be equal to something; null when that is too few to help. */
function indexFields(candidates: readonly Candidate[]): FieldIndex | null {
  const counts = new Map<string, number>();
  let best: EqualField | null = null;
  let bestCount = 0;
  for (const { conditions } of candidates) {
    for (const field of conditions?.equalFields ?? []) {
      const key = `${field.source} ${field.name}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > bestCount) [best, bestCount] = [field, count];
    }
  }
  return best === null || bestCount < INDEXED_FROM / 2 ? null : new FieldIndex(best.source, best.name, candidates);
}
