/**
 * What a token's claims mean for a request (RFC 7519 §4.1, RFC 8725 §3.8–3.10): whether they are sound, from when and until when they hold, and whether they say what is required. Pure:
 * the signature was verified by whoever calls. Times within the claims are seconds; here all are milliseconds.
 */
import { assert } from '../../base/assert.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Nobody nests deeper; a token that does must not fill the stack. */
const FROZEN_DEPTH_MAX = 64;

/** What is asked of claims. */
export interface ClaimRules {
  readonly audiences: readonly string[];
  readonly clockSkewMs: number;
  readonly maxAgeMs: number | null;
  readonly requiresExpiry: boolean;
  readonly required: readonly ClaimRule[];
}

export interface ClaimRule {
  readonly claim: string;
  readonly test: 'one-of' | 'contains';
  readonly values: readonly (string | number | boolean)[];
}

/** When claims hold, the skew already added. Infinities where there is no bound. */
export interface ClaimTimes {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** From when until when these claims hold; null when they are not sound or not for us. */
export function claimTimes(claims: Claims, rules: ClaimRules): ClaimTimes | null {
  const { exp, nbf, iat, sub, jti } = claims;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return null;
  if (!isTextOrNothing(sub) || !isTextOrNothing(jti)) return null;
  if (exp === undefined && rules.requiresExpiry) return null;
  if (iat === undefined && rules.maxAgeMs !== null) return null;
  if (rules.audiences.length > 0 && !isFor(claims['aud'], rules.audiences)) return null;
  const skewMs = rules.clockSkewMs;
  const fromMs = Math.max(nbf ?? -Infinity, iat ?? -Infinity) * 1000 - skewMs; // issued in the future is not yet good, either
  const oldAtMs = rules.maxAgeMs === null ? Infinity : iat! * 1000 + rules.maxAgeMs;
  return { fromMs, untilMs: Math.min((exp ?? Infinity) * 1000, oldAtMs) + skewMs };
}

/** Whether the claims say what is required. */
export function areSufficient(claims: Claims, required: readonly ClaimRule[]): boolean {
  return required.every((rule) => meets(claimAt(claims, rule.claim), rule));
}

/** A claim by its name, or by a path through objects where there is none of this name. Own members only. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) return undefined;
    value = (value as Claims)[step];
  }
  return value;
}

/** Makes claims such that nobody changes them by accident: they are remembered, and given to filters of one request after the other. */
export function frozen<Value>(value: Value, depth = 0): Value {
  if (typeof value !== 'object' || value === null || depth > FROZEN_DEPTH_MAX) return value;
  for (const member of Object.values(value)) frozen(member, depth + 1);
  return Object.freeze(value);
}

function meets(value: unknown, { test, values }: ClaimRule): boolean {
  assert(values.length > 0, 'a claim is compared with something');
  if (test === 'one-of') return values.some((each) => each === value);
  const parts: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : []; // RFC 8693 §4.2: `scope` is words
  return values.every((each) => parts.includes(each));
}

function isFor(audience: unknown, wanted: readonly string[]): boolean {
  if (typeof audience === 'string') return wanted.includes(audience);
  return Array.isArray(audience) && audience.some((each) => typeof each === 'string' && wanted.includes(each));
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
