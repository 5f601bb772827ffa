/** Finds names and whole fields in the static table. */
import { isSameBytes, isSameName, nameHash } from './line-hash.ts';
import { PLACE } from './line-store.ts';
import { STATIC_COUNT, STATIC_TABLE, staticNames } from './static-table.ts';

const SLOTS = 256;
/** Static indices by hash of the name; a second probe where two names meet. */
const NAME_SLOTS = new Uint8Array(SLOTS);

for (const [, index] of staticNames()) {
  const place = index * PLACE;
  let slot = nameHash(STATIC_TABLE.bytes, STATIC_TABLE.places[place]!, STATIC_TABLE.places[place + 1]!) & (SLOTS - 1);
  while (NAME_SLOTS[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  NAME_SLOTS[slot] = index;
}

/** The lowest static index of the name `bytes[start, end)` with this hash, or 0. */
export function searchStaticName(hash: number, bytes: Uint8Array, start: number, end: number): number {
  for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const index = NAME_SLOTS[slot]!;
    if (index === 0) return 0;
    const place = index * PLACE;
    const from = STATIC_TABLE.places[place]!;
    const length = STATIC_TABLE.places[place + 1]! - from;
    if (length === end - start && isSameName(STATIC_TABLE.bytes, from, bytes, start, length)) return index;
  }
}

/** By index: the highest index with the same name. */
const LAST = new Uint8Array(STATIC_COUNT + 1);

for (let index = STATIC_COUNT; index > 0; index--) {
  const last = index === STATIC_COUNT ? index : LAST[index + 1]!;
  LAST[index] = nameOf(index) === nameOf(last) ? last : index;
}

/** The entry with the name of `first` (its lowest index) and the value `bytes[start, end)`, or 0. */
export function searchStaticField(first: number, bytes: Uint8Array, start: number, end: number): number {
  const { places } = STATIC_TABLE;
  for (let index = first; index <= LAST[first]!; index++) {
    const place = index * PLACE;
    const from = places[place + 1]! + 2;
    if (places[place + 2]! - from === end - start && isSameBytes(STATIC_TABLE.bytes, from, bytes, start, end - start)) return index;
  }
  return 0;
}

/** The index of `:status` with this value, or 0. */
export function statusIndex(status: number): number {
  switch (status) {
    case 200:
      return 8;
    case 204:
      return 9;
    case 206:
      return 10;
    case 304:
      return 11;
    case 400:
      return 12;
    case 404:
      return 13;
    case 500:
      return 14;
    default:
      return 0;
  }
}

function nameOf(index: number): string {
  const place = index * PLACE;
  return String.fromCharCode(...STATIC_TABLE.bytes.subarray(STATIC_TABLE.places[place], STATIC_TABLE.places[place + 1]));
}
