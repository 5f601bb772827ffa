/** A purge as a form asks for it, and what came of it in words. */
import { plural } from './format.ts';

export type PurgeKind = 'url' | 'prefix' | 'tag' | 'all';

export interface PurgeForm {
  readonly kind: PurgeKind;
  /** Not for `all`. */
  readonly text: string;
  /** Empty: each. */
  readonly cache: string;
  readonly soft: boolean;
}

/** The body of `POST /api/caches/purge`. */
export function purgeBody({ kind, text, cache, soft }: PurgeForm): Readonly<Record<string, string | boolean>> {
  return { ...(kind === 'all' ? { all: true } : { [kind]: text.trim() }), ...(cache === '' ? {} : { cache }), soft };
}

export function purgeOutcome(purged: readonly { readonly cache: string; readonly entries: number }[], soft: boolean): string {
  if (purged.length === 0) return 'No cache is in use: nothing was purged.';
  const done = soft ? 'made stale' : 'taken out';
  // Tags are noted, and hold for each reply when it is looked up.
  return purged
    .map(({ cache, entries }) =>
      entries < 0 ? `${cache}: purged; how many replies is not counted.` : `${cache}: ${plural(entries, 'reply', 'replies')} ${done}.`,
    )
    .join('\n');
}
