/** The times of certificates, CRLs and OCSP answers (RFC 5280 §4.1.2.5): always UTC, always with seconds. */
import { type Timestamp, timestamp } from '../../base/time.ts';
import { type DerElement, DerError, TAG } from './der-reader.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** Whether an element is one of the two kinds of time. */
export function isTime(tag: number | null): boolean {
  return tag === TAG.utcTime || tag === TAG.generalizedTime;
}

/** The moment that an element names. @throws {DerError} when it is no time, or not in the form that DER allows. */
export function readTime(element: DerElement): Timestamp {
  const text = String.fromCharCode(...element.content.subarray(0, 16));
  const digits = element.tag === TAG.utcTime ? /^\d{12}Z$/ : element.tag === TAG.generalizedTime ? /^\d{14}Z$/ : null;
  if (digits === null || !digits.test(text)) throw new DerError('has a time that is not YYYYMMDDHHMMSSZ');
  const yearDigits = element.tag === TAG.utcTime ? 2 : 4;
  const written = Number(text.slice(0, yearDigits));
  // RFC 5280 §4.1.2.5.1: two digits are 1950 to 2049.
  const year = yearDigits === 4 ? written : written < 50 ? 2000 + written : 1900 + written;
  const at = (index: number): number => Number(text.slice(yearDigits + 2 * index, yearDigits + 2 * index + 2));
  const [month, day, hour, minute, second] = [at(0), at(1), at(2), at(3), at(4)];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    throw new DerError('has a time that no calendar has');
  }
  return timestamp(daysSinceEpoch(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * SECOND_MS);
}

/** Days from 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}
