/** Plain data of any form: what JSON can say. */
import * as z from 'zod';

const ALLOWED = 'must be plain data: texts, numbers, true, false, null, lists and objects of them';
const DEPTH_MAX = 64;

/** Any plain data. */
export function plainData() {
  return z.unknown().refine((value) => value === undefined || isPlain(value, 0), { error: ALLOWED });
}

function isPlain(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((each) => isPlain(each, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every((each) => isPlain(each, depth + 1));
}
