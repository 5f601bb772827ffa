/**
 * What lies under a key whose replies vary: the names of the request fields that tell them apart, and an id that is part of the variants' keys. Where the mark goes or is another, its variants
 * are found no more, whoever has them: so a purge of the key is a purge of all its variants. Bounded: after so many variants the mark is made anew.
 */
import type { Fields } from '../../core/caching/http/fields.ts';
import { variantKey, VARY_NAMES_MAX } from '../../core/caching/http/vary.ts';

export interface VaryMark {
  readonly id: string;
  /** Variants that were kept since it was made. */
  readonly count: number;
  /** Lower case, sorted. */
  readonly names: readonly string[];
}

/** Marks as they lie in the store. */
export function markText({ id, count, names }: VaryMark): string {
  return `${id} ${count} ${names.join(',')}`;
}

/** What was read last: popular keys are few. */
const MEMO_MAX = 1024;
const memo = new Map<string, VaryMark>();

export function readMark(text: string): VaryMark {
  const known = memo.get(text);
  if (known !== undefined) return known;
  const [id = '', count = '0', names = ''] = text.split(' ');
  const mark = { id, count: Number(count), names: names.split(',') };
  if (memo.size >= MEMO_MAX) memo.clear();
  memo.set(text, mark);
  return mark;
}

/** The key of a request's variant. */
export function variantOf(primary: string, mark: VaryMark, fields: Fields): string {
  return `${primary}\nv${mark.id}:${variantKey(mark.names, fields)}`;
}

/** The mark under which a reply is kept that varies by `names`, beside those of `before`; null where there would be too many names. A new id where the old variants cannot stay. */
export function markFor(before: VaryMark | null, names: readonly string[], id: () => string): VaryMark | null {
  if (before === null) return { id: id(), count: 0, names };
  if (names.every((name) => before.names.includes(name))) return before;
  const all = [...new Set([...before.names, ...names])].sort();
  return all.length > VARY_NAMES_MAX ? null : { id: id(), count: 0, names: all };
}
