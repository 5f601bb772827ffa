/**
 * Copies the fields that are forwarded. What goes out is built from what was parsed: a line is taken over as text only when the parser found it
 * to be exactly `Name: value` CRLF, which is what writing it anew would give; others are written anew. Neighbours that stay are taken in
 * one slice, so the usual head costs one or two slices.
 */
import { FOLDED } from '../../core/http1/characters.ts';
import { ALIAS, type FieldSection, ID, UNEVEN } from '../../core/http1/field-section.ts';
import { isNominated, lowerText } from '../../core/http1/framing.ts';
import * as known from '../../core/http1/known-fields.ts';
import { latin1 } from '../../core/http1/text.ts';

/** Which known fields to leave out, by id: 1 = always, 2 = never, also when Connection nominates it, 0 = unless nominated. */
export type FieldPolicy = Uint8Array;

export const DROP = 1;
export const PROTECT = 2;

/** A policy from lists of known-field ids. */
export function fieldPolicy(drop: readonly number[], protect: readonly number[]): FieldPolicy {
  const policy = new Uint8Array(64);
  for (const id of drop) policy[id] = DROP;
  for (const id of protect) policy[id] = PROTECT;
  return policy;
}

/** Hop-by-hop fields (RFC 9110 §7.6.1) and those that we frame anew: never forwarded in either direction. */
export const HOP_BY_HOP: readonly number[] = [
  known.CONNECTION,
  known.KEEP_ALIVE,
  known.PROXY_CONNECTION,
  known.TE,
  known.TRANSFER_ENCODING,
  known.CONTENT_LENGTH,
  known.UPGRADE,
  known.PROXY_AUTHENTICATE,
  known.PROXY_AUTHORIZATION,
  known.HTTP2_SETTINGS,
];

export interface FieldCopy {
  readonly fields: FieldSection;
  readonly bytes: Buffer;
  /** First byte of the field section in `bytes`. */
  readonly start: number;
  /** Bytes before the section that are taken along as they are (a checked status line); 0 = none. */
  readonly lead: number;
  readonly policy: FieldPolicy;
  /** From `readConnection`. */
  readonly nominated: string;
  /** From the route's edits: `,name,`. Aliases of a name written with `-` go with it; `dropsOf` (`header-edits.ts`) makes lists that hold for all names. */
  readonly drops: string;
}

/** The forwarded field lines as latin1 text, each with its CRLF. */
export function copyFields(copy: FieldCopy): string {
  const { fields, bytes, start } = copy;
  const { offsets, ids, count } = fields;
  let text = '';
  let runStart = -copy.lead;
  for (let index = 0; index < count; index++) {
    const flags = ids[index]!;
    const isKept = keeps(copy, index, flags);
    if (isKept && (flags & UNEVEN) === 0) continue;
    const at = index << 2;
    const lineStart = offsets[at]!;
    if (lineStart > runStart) text += latin1(bytes, start + runStart, start + lineStart);
    if (isKept) text += rewrite(copy, at);
    runStart = index + 1 < count ? offsets[at + 4]! : fields.linesEnd;
  }
  return runStart < fields.linesEnd || count === 0 ? text + latin1(bytes, start + runStart, start + fields.linesEnd) : text;
}

/** A line in its plain form. */
function rewrite({ fields: { offsets }, bytes, start }: FieldCopy, at: number): string {
  const name = latin1(bytes, start + offsets[at]!, start + offsets[at + 1]!);
  return `${name}: ${latin1(bytes, start + offsets[at + 2]!, start + offsets[at + 3]!)}\r\n`;
}

function keeps(copy: FieldCopy, index: number, flags: number): boolean {
  const id = flags & ID;
  if (id !== known.OTHER) {
    if ((flags & ALIAS) !== 0) return false; // an alias of a field we act on would be read as that field by some origins
    const rule = copy.policy[id];
    if (rule === DROP) return false;
    if (rule === PROTECT) return copy.drops === '' || !isListed(copy, index, copy.drops);
  }
  if (copy.nominated !== '' && isNominated(copy.fields, index, copy.bytes, copy.start, copy.nominated)) return false;
  return copy.drops === '' || !isListed(copy, index, copy.drops);
}

/** By its name, or as an alias: `X_User` goes with `x-user`, since origins that fold (CGI, WSGI) cannot tell the two apart. */
function isListed({ fields: { offsets }, bytes, start }: FieldCopy, index: number, list: string): boolean {
  const at = index << 2;
  const from = start + offsets[at]!;
  const to = start + offsets[at + 1]!;
  if (list.includes(`,${lowerText(bytes, from, to)},`)) return true;
  for (let each = from; each < to; each++) {
    if (bytes[each] === 0x5f || bytes[each] === 0x2e) return list.includes(`,${foldedText(bytes, from, to)},`);
  }
  return false;
}

/** Rare: a name with `_` or `.`. */
function foldedText(bytes: Buffer, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(FOLDED[bytes[at]!]!);
  return text;
}
