/**
 * Affinity: requests of a session go to the endpoint that has it. Looks up where a request belongs, and says what to send or
 * remember once an endpoint is chosen. An endpoint that drains keeps its sessions and gets no new ones; when it is gone, another is
 * picked and the session moves there. Cookies that are forged or stale count as none.
 */
import { assert } from '../../base/assert.ts';
import type { Instant, Timestamp } from '../../base/time.ts';
import { NONE } from '../balancing/balancer.ts';
import type { EndpointTable } from '../balancing/endpoint-table.ts';
import { readCookie, readSetCookie } from './cookie-header.ts';
import { EndpointCookie, FORGED } from './cookie.ts';
import type { CookieEndpoint, Signer } from './cookie.ts';
import { SessionTable } from './session-table.ts';
import { cookieSuffix } from './set-cookie.ts';
import type { CookieAttributes } from './set-cookie.ts';

/** What of a service's plan says how sessions stick. */
export interface AffinityShape extends CookieAttributes {
  readonly kind: 'cookie' | 'app-cookie' | 'header' | 'ip';
  readonly entriesMax: number;
  readonly ttlMs: number;
}

/** What affinity reads of a request. */
export interface AffinityRequest {
  /** A field's value, several lines joined; null when it is not there. Names are lower case. */
  header(name: string): string | null;
  readonly clientAddress: string;
}

/** How a look-up ended: the request names no session, leads to a usable endpoint, is not ours, or leads to one that is gone. */
export type AffinityReason = 'none' | 'found' | 'forged' | 'stale';

export interface AffinityOptions {
  readonly affinity: AffinityShape;
  readonly service: string;
  readonly serviceSlot: number;
  readonly table: EndpointTable;
  /** Needed for `cookie` only. */
  readonly signer: Signer | null;
  readonly endpoints: readonly CookieEndpoint[];
  /** `ServiceBalancer.isUsable(slot, true)`. */
  readonly isUsable: (slot: number) => boolean;
}

/** One service's affinity in one worker. */
export interface AffinityPolicy {
  /** Why the last `lookup` ended as it did; valid until the next one. */
  readonly reason: AffinityReason;
  /** Replaces the endpoints after a reload. */
  setEndpoints(endpoints: readonly CookieEndpoint[]): void;
  /** The slot that the request belongs to; NONE when it may go anywhere. */
  lookup(request: AffinityRequest, now: Instant, wall: Timestamp): number;
  /**
   * An endpoint has replied to the request.
   * @returns The value of a Set-Cookie field to add to the reply; null when the client needs none.
   */
  assigned(slot: number, request: AffinityRequest, now: Instant, wall: Timestamp): string | null;
  /** The reply has this Set-Cookie value. Only `app-cookie` learns from it. */
  learn(slot: number, setCookie: string, now: Instant): void;
}

/** Makes the affinity that a plan asks for. */
export function createAffinity(options: AffinityOptions): AffinityPolicy {
  return options.affinity.kind === 'cookie' ? new CookieAffinity(options) : new TableAffinity(options);
}

class CookieAffinity implements AffinityPolicy {
  reason: AffinityReason = 'none';
  readonly #name: string;
  readonly #suffix: string;
  readonly #cookie: EndpointCookie;
  readonly #isUsable: (slot: number) => boolean;

  constructor({ affinity, service, signer, endpoints, isUsable }: AffinityOptions) {
    assert(signer !== null, `service "${service}" has a signer for its affinity cookie "${affinity.name}"`);
    this.#name = affinity.name;
    this.#suffix = cookieSuffix(affinity);
    this.#cookie = new EndpointCookie({ service, maxAgeSeconds: affinity.maxAgeSeconds, signer });
    this.#isUsable = isUsable;
    this.setEndpoints(endpoints);
  }

  setEndpoints(endpoints: readonly CookieEndpoint[]): void {
    this.#cookie.setEndpoints(endpoints);
  }

  lookup(request: AffinityRequest, _now: Instant, wall: Timestamp): number {
    this.reason = 'none';
    const value = cookieOf(request, this.#name);
    if (value === null) return NONE;
    const slot = this.#cookie.read(value, wall);
    this.reason = slot === FORGED ? 'forged' : slot >= 0 && this.#isUsable(slot) ? 'found' : 'stale';
    return this.reason === 'found' ? slot : NONE;
  }

  assigned(slot: number, request: AffinityRequest, _now: Instant, wall: Timestamp): string | null {
    const current = cookieOf(request, this.#name);
    const isRight = current !== null && this.#cookie.read(current, wall) === slot;
    if (isRight && !this.#cookie.isAgeing(current, wall)) return null;
    const value = this.#cookie.issue(slot, wall);
    return value === null ? null : `${this.#name}=${value}${this.#suffix}`;
  }

  learn(): void {}
}

class TableAffinity implements AffinityPolicy {
  reason: AffinityReason = 'none';
  readonly #kind: AffinityShape['kind'];
  readonly #name: string;
  readonly #sessions: SessionTable;
  readonly #isUsable: (slot: number) => boolean;

  constructor({ affinity, serviceSlot, table, isUsable }: AffinityOptions) {
    this.#kind = affinity.kind;
    this.#name = affinity.kind === 'header' ? affinity.name.toLowerCase() : affinity.name;
    this.#sessions = new SessionTable({ table, serviceSlot, entriesMax: affinity.entriesMax, ttlMs: affinity.ttlMs });
    this.#isUsable = isUsable;
  }

  /** Sessions of endpoints that are gone turn out stale when they are looked up. */
  setEndpoints(): void {}

  lookup(request: AffinityRequest, now: Instant): number {
    this.reason = 'none';
    const session = this.#sessionOf(request);
    if (session === null) return NONE;
    const slot = this.#sessions.get(session, now);
    if (slot === NONE) return NONE;
    this.reason = this.#isUsable(slot) ? 'found' : 'stale';
    return this.reason === 'found' ? slot : NONE;
  }

  assigned(slot: number, request: AffinityRequest, now: Instant): null {
    const session = this.#sessionOf(request);
    if (session !== null) this.#sessions.set(session, slot, now);
    return null;
  }

  learn(slot: number, setCookie: string, now: Instant): void {
    if (this.#kind !== 'app-cookie') return;
    const session = readSetCookie(setCookie, this.#name);
    if (session !== null && session !== '') this.#sessions.set(session, slot, now);
  }

  /** The text that names the request's session. */
  #sessionOf(request: AffinityRequest): string | null {
    if (this.#kind === 'ip') return request.clientAddress;
    const session = this.#kind === 'header' ? request.header(this.#name) : cookieOf(request, this.#name);
    return session === '' ? null : session;
  }
}

function cookieOf(request: AffinityRequest, name: string): string | null {
  const header = request.header('cookie');
  return header === null ? null : readCookie(header, name);
}
