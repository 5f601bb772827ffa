/** Fields as lines `name: value` CRLF, one behind the other, found by place. Tables and decoded heads are such stores, so that a field passes from one to the other in one copy. */
import type { Octets } from './octets.ts';

/** Numbers per place: the line's start, the name's end, the value's end (the value begins two bytes behind the name's end), one free. */
export const PLACE = 4;

export interface LineStore extends Octets {
  readonly places: Int32Array;
}

/** What an entry counts beyond its name and value (RFC 7541 §4.1, RFC 9113 §6.5.2). */
export const ENTRY_OVERHEAD = 32;
/** `: ` and CRLF: what a line has beyond its name and value. */
export const LINE_OVERHEAD = 4;
