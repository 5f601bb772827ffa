/**
 * Random length for gzip against BREACH (Palacios, Fernández, Sánchez: "Heal the Breach", 2022): a comment of random length in the member's header (RFC 1952 §2.3.1), which every reader skips. Lengths of
 * replies to the same request differ then, so that an attacker needs many more of them to see one byte. It slows the attack, and does not end it. Costs 64 bytes on average.
 */
import { randomBytes } from 'node:crypto';

const HEADER_BYTES = 10;
const FLAGS_AT = 3;
const HAS_COMMENT = 0x10;
/** Of the comment; lengths are spread evenly. A power of two. */
const LENGTHS = 128;
const FILLER = Buffer.alloc(LENGTHS, 0x20);
const END = Buffer.alloc(1);

/** The first piece of a gzip member with a comment in its header. @param first At least the ten bytes of the header. */
export function paddedGzip(first: Buffer): Buffer {
  const header = Buffer.from(first.subarray(0, HEADER_BYTES));
  header[FLAGS_AT] = header[FLAGS_AT]! | HAS_COMMENT;
  const comment = FILLER.subarray(0, randomBytes(1)[0]! & (LENGTHS - 1));
  return Buffer.concat([header, comment, END, first.subarray(HEADER_BYTES)]);
}
