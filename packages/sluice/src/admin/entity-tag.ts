/**
 * Tags of replies (RFC 9110 §8.8.3) in two parts: `W/"STATE.WHOLE"`. `If-None-Match` compares both, so that a 304 never hides a count; `If-Match` compares the
 * state alone, since counts move with each request and no change would ever be let through. Weak for that: §13.1.1 asks for strong tags, which that could not be.
 */
import { createHash } from 'node:crypto';

/** What moves without anybody's doing. */
const MOVING = new Set([
  'requests',
  'errors',
  'inflight',
  'bytesIn',
  'bytesOut',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'connections',
  'uptimeSeconds',
  'retries',
  'hedges',
  'shed',
  'parked',
  'queued',
  'cpu',
  'memoryBytes',
  'ageSeconds',
  'lastDecision',
]);

/** @param value JSON. */
export function entityTag(value: unknown): string {
  const state = JSON.stringify(value, (name, one: unknown) => (MOVING.has(name) ? undefined : one));
  return `W/"${digest(state)}.${digest(JSON.stringify(value))}"`;
}

/** Whether the client has it already. @param field `If-None-Match`. */
export function isSame(field: string, tag: string): boolean {
  return tagsOf(field).some((one) => one === '*' || one === opaque(tag));
}

/** Whether the client means what there is. @param field `If-Match`. */
export function isMeant(field: string, tag: string): boolean {
  return tagsOf(field).some((one) => one === '*' || stateOf(one) === stateOf(opaque(tag)));
}

function tagsOf(field: string): string[] {
  return field.split(',').map((one) => opaque(one.trim()));
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/** The first part, with the quotation mark before it. */
function stateOf(tag: string): string {
  return tag.split('.', 1)[0]!;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
