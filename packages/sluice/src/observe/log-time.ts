/**
 * Wall time as logs write it, in UTC. Lines come many to a second, so the text of the current second is kept and only the
 * milliseconds are added: 20 ns instead of 400.
 */
import type { Timestamp } from '../base/time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The calendar of a given second; the ambient clock is not asked. */
function calendar(second: number): string {
  // oxlint-disable-next-line no-restricted-globals -- converts its argument only
  return new Date(second * 1_000).toISOString();
}

let isoSecond = Number.NaN;
let isoText = '';
let apacheSecond = Number.NaN;
let apacheText = '';

/** `2026-11-20T08:29:44.123Z` (RFC 3339). */
export function isoTime(time: Timestamp): string {
  const second = Math.floor(time / 1_000);
  if (second !== isoSecond) {
    isoText = calendar(second).slice(0, 20);
    isoSecond = second;
  }
  const ms = Math.floor(time - second * 1_000);
  return `${isoText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}

/** `20/Nov/2026:08:29:44 +0000` (Apache's `%t` without its brackets). */
export function apacheTime(time: Timestamp): string {
  const second = Math.floor(time / 1_000);
  if (second !== apacheSecond) {
    const iso = calendar(second);
    apacheText = `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
    apacheSecond = second;
  }
  return apacheText;
}
