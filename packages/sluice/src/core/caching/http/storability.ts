/**
 * Whether a reply may be stored by a shared cache (RFC 9111 §3, §3.3, §3.5), with the reason when not. Stricter than the RFC where
 * private data could get into other hands: Set-Cookie (by option), a `private` that names fields, Vary that cannot be matched.
 */
import { ABSENT, type CacheControl, parseCacheControl } from './cache-control.ts';
import { isHeuristicallyCacheable, isUnderstood } from './cacheable-status.ts';
import type { Fields } from './fields.ts';
import { isKeyedCoding, varyNames } from './vary.ts';

/** What the operator says about storing. */
export interface StorabilityOptions {
  /**
   * Set-Cookie in a reply: `refuse` does not store it, `strip` stores it without, `store` stores it as RFC 9111 would. Default `refuse`.
   * A reply that names Set-Cookie in a qualified no-cache is stored without it in any case.
   */
  readonly setCookie: 'refuse' | 'strip' | 'store';
  /** Whether a request's Cache-Control counts. Default `honour`. */
  readonly clientDirectives: 'honour' | 'ignore';
  /** Statuses with a lifetime of their own may be stored without an explicit one. */
  readonly defaultTtlMs: ReadonlyMap<number, number>;
}

/** Safe for content of any origin. */
export const DEFAULT_STORABILITY: StorabilityOptions = { setCookie: 'refuse', clientDirectives: 'honour', defaultTtlMs: new Map() };

/** Why a reply is not stored. */
export type Refusal =
  | 'method'
  | 'incomplete'
  | 'status'
  | 'partial'
  | 'must-understand'
  | 'no-store'
  | 'request-no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary'
  | 'no-freshness';

/** The verdict. `omit`: as from `omittedFields`. */
export type Storability = { readonly store: true; readonly omit: readonly string[] } | { readonly store: false; readonly reason: Refusal };

/** The request that was answered. */
export interface StoreRequest {
  readonly method: string;
  readonly fields: Fields;
}

/** The reply. */
export interface StoreResponse {
  readonly status: number;
  readonly fields: Fields;
  /** From `effectiveControl`. */
  readonly control: Readonly<CacheControl>;
  /** False when its content ended early. */
  readonly isComplete: boolean;
}

/** Asked once the head is there (with `isComplete` true), and again only if the content breaks off. */
export function mayStore(request: StoreRequest, response: StoreResponse, options: StorabilityOptions = DEFAULT_STORABILITY): Storability {
  const reason = refusal(request, response, options);
  if (reason !== null) return { store: false, reason };
  return { store: true, omit: omittedFields(response.control, options) };
}

/** Names of fields, lower case, that are kept out of storage beside those of `storedHead`: of a reply, and of a 304 that updates one. */
export function omittedFields(control: Readonly<CacheControl>, options: StorabilityOptions = DEFAULT_STORABILITY): readonly string[] {
  return options.setCookie === 'store' ? control.noCacheFields : control.noCacheFields.concat('set-cookie');
}

function refusal(request: StoreRequest, response: StoreResponse, options: StorabilityOptions): Refusal | null {
  const { status, control, fields } = response;
  // A reply to HEAD has no content to store; what it says about a stored reply is update.ts's.
  if (request.method !== 'GET') return 'method';
  if (status === 206) return 'partial';
  if (status < 200 || status > 599 || status === 304) return 'status';
  if (!response.isComplete) return 'incomplete';
  return (
    directiveRefusal(request, response, options) ??
    (control.isPrivate ? 'private' : null) ??
    (isAuthorizationKept(request, control) ? null : 'authorization') ??
    (isCookieKept(response, options) ? null : 'set-cookie') ??
    (isVaryMatchable(fields) ? null : 'vary') ??
    (hasFreshness(response, options) ? null : 'no-freshness')
  );
}

function directiveRefusal(request: StoreRequest, { status, control }: StoreResponse, options: StorabilityOptions): Refusal | null {
  // RFC 9111 §5.2.2.3: no-store beside must-understand is for caches that do not understand the status.
  if (control.isMustUnderstand && !isUnderstood(status)) return 'must-understand';
  if (control.isNoStore && !control.isMustUnderstand) return 'no-store';
  if (options.clientDirectives === 'ignore') return null;
  return parseCacheControl(request.fields.get('cache-control')).isNoStore ? 'request-no-store' : null;
}

/** RFC 9111 §3.5. An s-maxage that cannot be read allows nothing. */
function isAuthorizationKept(request: StoreRequest, control: Readonly<CacheControl>): boolean {
  if (request.fields.get('authorization') === null) return true;
  return control.isPublic || control.isMustRevalidate || control.sMaxage >= 0;
}

function isCookieKept({ fields, control }: StoreResponse, options: StorabilityOptions): boolean {
  return options.setCookie !== 'refuse' || fields.get('set-cookie') === null || control.noCacheFields.includes('set-cookie');
}

function isVaryMatchable(fields: Fields): boolean {
  const names = varyNames(fields.get('vary'));
  return names !== '*' && isKeyedCoding(names, fields.get('content-encoding'));
}

/** The last rule of RFC 9111 §3, and the operator's lifetimes. */
function hasFreshness({ status, fields, control }: StoreResponse, options: StorabilityOptions): boolean {
  if (control.isPublic || control.maxAge !== ABSENT || control.sMaxage !== ABSENT) return true;
  if (isHeuristicallyCacheable(status) || options.defaultTtlMs.has(status)) return true;
  return !control.isTargeted && fields.get('expires') !== null;
}
