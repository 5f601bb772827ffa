/**
 * Non-cryptographic hashes for balancing. Inputs come from clients, so nothing may rely on them being hard to
 * collide: they only spread load (bounded-load hashing limits what a crafted key can do).
 */

/**
 * FNV-1a over the UTF-16 code units' low bytes, finished with murmur3's mixer so that every output bit depends on every input
 * bit (bare FNV-1a leaves the high bits of short keys weak).
 * Source: draft-eastlake-fnv; MurmurHash3 fmix32. About 1 ns per character.
 * @returns An unsigned 32-bit integer.
 */
export function hashString(text: string, seed = 0x811c9dc5): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix32(hash);
}

/** MurmurHash3's 32-bit finaliser: a bijection that spreads every input bit over the whole output. */
export function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Joins two 32-bit hashes into one. */
export function combineHashes(left: number, right: number): number {
  return mix32(Math.imul(left, 0x9e3779b1) ^ right);
}
