/** Hashes of field lines and of names; the case of a name's letters does not count. About 1 ns per byte. */

/** Octets with A to Z in lower case. */
export const LOWER: Uint8Array = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) LOWER[byte] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;

const PRIME = 0x01000193;

/** One step: FNV-1a without its start value. */
export function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME);
}

/** Brings the high bits down to where tables look. */
export function finish(hash: number): number {
  return hash ^ (hash >>> 15);
}

export function nameHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = step(hash, LOWER[bytes[at]!]!);
  return finish(hash);
}

/** Whether two names are the same but for case. */
export function isSameName(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (LOWER[a[aStart + at]!] !== LOWER[b[bStart + at]!]) return false;
  return true;
}

export function isSameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (a[aStart + at] !== b[bStart + at]) return false;
  return true;
}
