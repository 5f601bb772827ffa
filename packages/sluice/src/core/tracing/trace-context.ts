/**
 * `traceparent`: which trace a request belongs to (W3C Trace Context, Level 2, §3.2). Strict, since whoever repairs an id joins two traces: what is not exactly right is no parent at all.
 * `00-<32 hexadecimal digits>-<16>-<2>`, lower case only; higher versions are read as far as this one goes (§4.3). One pass over 55 characters.
 */

/** The request is recorded by who sent it. */
export const SAMPLED = 0x01;
/** The last 56 bits of the trace's id are random (Level 2, §3.2.2.5.2). */
export const RANDOM = 0x02;

export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all 0. */
  readonly traceId: string;
  /** Span of who asks: 16 digits, not all 0. */
  readonly parentId: string;
  /** SAMPLED and RANDOM; bits that mean nothing yet are 0. */
  readonly flags: number;
}

const VERSION_END = 2;
const TRACE_END = 35;
const PARENT_END = 52;
const LENGTH = 55;
const DASH = 0x2d;

/** @returns Null where the value is none: then the trace begins anew. */
export function parseTraceParent(value: string): TraceParent | null {
  if (value.length < LENGTH || !isHex(value, 0, VERSION_END) || value.startsWith('ff')) return null; // §3.2.2.1: ff is invalid
  if (value.length > LENGTH && (value.startsWith('00') || value.charCodeAt(LENGTH) !== DASH)) return null;
  if (value.charCodeAt(VERSION_END) !== DASH || value.charCodeAt(TRACE_END) !== DASH || value.charCodeAt(PARENT_END) !== DASH) return null;
  if (!isId(value, VERSION_END + 1, TRACE_END) || !isId(value, TRACE_END + 1, PARENT_END)) return null;
  if (!isHex(value, PARENT_END + 1, LENGTH)) return null;
  return {
    traceId: value.slice(VERSION_END + 1, TRACE_END),
    parentId: value.slice(TRACE_END + 1, PARENT_END),
    flags: digit(value.charCodeAt(LENGTH - 1)) & (SAMPLED | RANDOM), // §3.2.2.5: unknown flags are not passed on
  };
}

/** The value that names a span of ours as the parent: always of version 00. */
export function formatTraceParent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-0${flags & (SAMPLED | RANDOM)}`;
}

/** Hexadecimal digits, not all 0. */
function isId(text: string, start: number, end: number): boolean {
  let sum = 0;
  for (let at = start; at < end; at++) {
    const value = digit(text.charCodeAt(at));
    if (value < 0) return false;
    sum += value;
  }
  return sum > 0;
}

function isHex(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (digit(text.charCodeAt(at)) < 0) return false;
  return true;
}

/** Of a lower-case hexadecimal digit; -1: it is none. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}
