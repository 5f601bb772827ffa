/**
 * Reads HTTP-date (RFC 9110 §5.6.7) in its three forms: IMF-fixdate, RFC 850 and asctime. Strict in shape (one space, two digits,
 * `GMT`), lenient in the case of letters and in a weekday that does not fit its date, as caches in the field are: anything else is no date,
 * which for Expires means "already expired". No `Date`: days are counted by the civil calendar. About 60 ns; nothing is allocated.
 */
import { CLASS, DIGIT } from '../../http1/characters.ts';

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
const DAYS_SHORT = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAYS_LONG = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MS_PER_DAY = 86_400_000;
const SPACE = 0x20;
const DASH = 0x2d;

/**
 * Reads a date.
 * @param now Wall milliseconds; a two-digit year more than 50 years ahead of it lies in the past (RFC 9110 §5.6.7).
 * @returns Milliseconds since 1970, or null when the text is no HTTP-date.
 */
export function parseHttpDate(text: string, now: number): number | null {
  const comma = text.indexOf(',');
  if (comma === 3) return isOneOf(text, DAYS_SHORT, 3) ? imfFixdate(text) : null;
  if (comma > 0) return isOneOf(text, DAYS_LONG, comma) ? rfc850(text, comma, now) : null;
  return isOneOf(text, DAYS_SHORT, 3) ? asctime(text) : null;
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`. */
function imfFixdate(text: string): number | null {
  if (text.length !== 29 || !hasAt(text, 4, SPACE) || !hasAt(text, 7, SPACE) || !hasAt(text, 11, SPACE) || !hasAt(text, 16, SPACE))
    return null;
  if (!endsInGmt(text, 25)) return null;
  return assemble(number(text, 12, 4), month(text, 8), number(text, 5, 2), timeOfDay(text, 17));
}

/** `Sunday, 06-Nov-94 08:49:37 GMT`. */
function rfc850(text: string, comma: number, now: number): number | null {
  if (text.length !== comma + 24 || !hasAt(text, comma + 1, SPACE) || !hasAt(text, comma + 4, DASH) || !hasAt(text, comma + 8, DASH))
    return null;
  if (!hasAt(text, comma + 11, SPACE) || !endsInGmt(text, comma + 20)) return null;
  const short = number(text, comma + 9, 2);
  if (short < 0) return null;
  const thisYear = yearOf(now);
  let year = thisYear - (thisYear % 100) + short;
  if (year > thisYear + 50) year -= 100;
  else if (year <= thisYear - 50) year += 100;
  return assemble(year, month(text, comma + 5), number(text, comma + 2, 2), timeOfDay(text, comma + 12));
}

/** `Sun Nov  6 08:49:37 1994`. */
function asctime(text: string): number | null {
  if (text.length !== 24 || !hasAt(text, 3, SPACE) || !hasAt(text, 7, SPACE) || !hasAt(text, 10, SPACE) || !hasAt(text, 19, SPACE))
    return null;
  const day = hasAt(text, 8, SPACE) ? number(text, 9, 1) : number(text, 8, 2);
  return assemble(number(text, 20, 4), month(text, 4), day, timeOfDay(text, 11));
}

function assemble(year: number, monthIndex: number, day: number, time: number): number | null {
  if (year < 0 || monthIndex < 0 || day < 1 || day > daysIn(year, monthIndex) || time < 0) return null;
  return daysFromCivil(year, monthIndex, day) * MS_PER_DAY + time;
}

/** `08:49:37` in milliseconds, or -1. A leap second counts as the last second of its minute's next. */
function timeOfDay(text: string, at: number): number {
  const hour = number(text, at, 2);
  const minute = number(text, at + 3, 2);
  const second = number(text, at + 6, 2);
  if (!hasAt(text, at + 2, 0x3a) || !hasAt(text, at + 5, 0x3a)) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Exactly `digits` digits at `at`, or -1. */
function number(text: string, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const code = text.charCodeAt(index);
    if (!(code < 256) || (CLASS[code]! & DIGIT) === 0) return -1;
    value = value * 10 + code - 0x30;
  }
  return value;
}

function month(text: string, at: number): number {
  const index = MONTHS.indexOf(text.slice(at, at + 3).toLowerCase());
  return index >= 0 && index % 3 === 0 ? index / 3 : -1;
}

function isOneOf(text: string, names: readonly string[], length: number): boolean {
  return names.includes(text.slice(0, length).toLowerCase());
}

function hasAt(text: string, at: number, code: number): boolean {
  return text.charCodeAt(at) === code;
}

function endsInGmt(text: string, at: number): boolean {
  return text.slice(at).toLowerCase() === ' gmt';
}

function daysIn(year: number, monthIndex: number): number {
  if (monthIndex === 1) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return monthIndex === 3 || monthIndex === 5 || monthIndex === 8 || monthIndex === 10 ? 30 : 31;
}

/** Days since 1970-01-01 (H. Hinnant's chrono algorithms: years begin in March, so that the leap day comes last). */
function daysFromCivil(year: number, monthIndex: number, day: number): number {
  const shifted = monthIndex < 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((monthIndex + 10) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The year of a moment, near enough for a window of 50 years. */
function yearOf(now: number): number {
  return Math.floor(1970 + now / (365.2425 * MS_PER_DAY));
}
