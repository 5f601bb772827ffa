/**
 * What clients are told of limits: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11, structured fields of RFC 9651), and `Retry-After` (RFC 9110 §10.2.3).
 *
 * `t`, the effective window, is what it takes to earn `r` units at the policy's rate, so a client that divides one by the other goes at that rate and never faster (§8.5); where nothing is left it
 * is the time until something is. A refusal tells only of the policies that refused, so that `Retry-After` never ends before an effective window does (§6).
 */
import { assert } from '../../base/assert.ts';
import type { RateDecision } from './decision.ts';

/** A policy as clients are told of it. */
export interface AdvertisedPolicy {
  /** ASCII without control characters. */
  readonly name: string;
  /** Units per window; or in flight at once. */
  readonly quota: number;
  /** Milliseconds; null for a bound on what is in flight. */
  readonly windowMs: number | null;
}

/** The largest integer of RFC 9651 §3.3.1. */
const INTEGER_MAX = 999_999_999_999_999;
/** Jitter of Retry-After as a share of itself (§8.5: many who were refused in one moment would come back in one). */
const JITTER = 0.1;

/** An item of RateLimit-Policy; worked out when the plan is compiled. */
export function policyItem({ name, quota, windowMs }: AdvertisedPolicy): string {
  if (windowMs === null) return `${quoted(name)};q=${integer(quota)};qu="concurrent-requests"`;
  // Windows are whole seconds (§3.1.3): ten per 100 ms are a hundred per second.
  const seconds = Math.max(1, Math.ceil(windowMs / 1_000));
  return `${quoted(name)};q=${integer((quota * seconds * 1_000) / windowMs)};w=${integer(seconds)}`;
}

/** The value of RateLimit-Policy. @param policies At least one. */
export function policyField(policies: readonly AdvertisedPolicy[]): string {
  return policies.map(policyItem).join(', ');
}

/** An item of RateLimit. */
export function limitItem(policy: AdvertisedPolicy, decision: RateDecision): string {
  const item = `${quoted(policy.name)};r=${integer(decision.remaining)}`;
  const seconds = effectiveWindow(policy, decision);
  return seconds === null ? item : `${item};t=${integer(seconds)}`;
}

function effectiveWindow({ quota, windowMs }: AdvertisedPolicy, { allowed, remaining, retryAfterMs }: RateDecision): number | null {
  if (windowMs === null) return null;
  if (!allowed) return Number.isFinite(retryAfterMs) ? Math.ceil(retryAfterMs / 1_000) : null;
  return Math.max(1, Math.ceil((Math.max(1, remaining) * windowMs) / quota / 1_000));
}

/**
 * The value of Retry-After, whole seconds, at least 1; null where waiting would not help.
 * @param retryAfterMs The longest of those who refused.
 * @param random 0..1, which spreads those who come back over a tenth more.
 */
export function retryAfterSeconds(retryAfterMs: number, random: number): number | null {
  if (!Number.isFinite(retryAfterMs)) return null;
  return Math.max(1, Math.ceil((retryAfterMs * (1 + JITTER * random)) / 1_000));
}

function quoted(name: string): string {
  assert(/^[\x20-\x7e]*$/.test(name), `a policy's name is printable ASCII: ${JSON.stringify(name)}`);
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function integer(value: number): number {
  return Math.min(INTEGER_MAX, Math.max(0, Math.floor(value)));
}
