/**
 * delta-seconds (RFC 9111 §1.2.2): digits and nothing else. What is larger than 2^31 counts as 2^31, so that no sum of ages and lifetimes
 * leaves exact integers.
 */
import { CLASS, DIGIT } from '../../http1/characters.ts';

/** The largest value, in seconds: 68 years. */
export const DELTA_MAX = 2_147_483_648;

/**
 * Reads `text[start, end)`.
 * @returns Seconds, 0..DELTA_MAX, or -1 when it is no delta-seconds.
 */
export function deltaSeconds(text: string, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code > 255 || (CLASS[code]! & DIGIT) === 0) return -1;
    value = value * 10 + code - 0x30;
    if (value > DELTA_MAX) value = DELTA_MAX;
  }
  return value;
}
