/**
 * A list in pages. Items are in the order of their names, and a cursor is the last name that was given: what comes and goes between two pages makes none
 * of the others come twice or be left out.
 */
import { z } from '@hono/zod-openapi';
import { count, text } from './members.ts';

const LIMIT = 100;
const LIMIT_MAX = 1_000;

export const PAGE_QUERY = {
  limit: count(1, LIMIT_MAX, LIMIT),
  cursor: text(2_000, /^[\w-]*$/, 'the "next" of the page before').default(''),
  q: text(200).default('').openapi({ description: 'Only those with this text in their names, addresses or states.', default: '' }),
};

export interface PageQuery {
  readonly limit: number;
  readonly cursor: string;
  readonly q: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null: that was all. */
  readonly next: string | null;
}

/** @param nameOf Of an item: no two have the same. */
export function page<Item extends object>(
  all: readonly Item[],
  nameOf: (item: Item) => string,
  { limit, cursor, q }: PageQuery,
): Page<Item> {
  const after = Buffer.from(cursor, 'base64url').toString();
  const wanted = q.toLowerCase();
  const left = all
    .map((item) => ({ item, name: nameOf(item) }))
    .filter(({ item, name }) => (cursor === '' || name > after) && (wanted === '' || speaksOf(item, wanted)))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const given = left.slice(0, limit);
  return {
    items: given.map(({ item }) => item),
    next: left.length > limit ? Buffer.from(given.at(-1)!.name).toString('base64url') : null,
  };
}

/** The schema of a page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().openapi({ description: 'The `cursor` of the next page; null: that was all.' }),
  });
}

function speaksOf(item: object, wanted: string): boolean {
  return Object.values(item).some((value) => {
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    return texts.some((one) => typeof one === 'string' && one.toLowerCase().includes(wanted));
  });
}
