/**
 * `baggage`: what applications say to each other along a trace (W3C Baggage). Its content is none of our affair: it passes as it came, or, beyond the specification's bounds (§3.3.2), not at all, since half of
 * what an application says may be worse than nothing.
 */
export const BAGGAGE_BYTES_MAX = 8_192;
export const BAGGAGE_MEMBERS_MAX = 180;

/** Members of one field's value. */
export function baggageMembers(value: string): number {
  let count = 1;
  for (let at = value.indexOf(','); at >= 0; at = value.indexOf(',', at + 1)) count++;
  return count;
}
