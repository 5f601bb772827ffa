/** Options of `static`: a directory whose files are served. */
export interface StaticPlan {
  /** Absolute, once the configuration has been read with its files. */
  readonly root: string;
  /** Left out of the path's front; empty: nothing. Begins with a slash and does not end with one. */
  readonly prefix: string;
  /** Files that stand for their directory, the first that is there. */
  readonly index: readonly string[];
  /** For pages that are not there (an application in the browser knows the path): a path below the root, with a slash in front; null: none. */
  readonly fallback: string | null;
  readonly isListed: boolean;
  readonly dotfiles: boolean;
  /** Symbolic links: followed as long as they stay below the root; wherever they lead; not at all. */
  readonly symlinks: 'inside' | 'all' | 'none';
  /** Codings whose files stand beside (`app.js.br`), in our order of preference. */
  readonly precompressed: readonly ('zstd' | 'br' | 'gzip')[];
  /** Cache-Control by pattern of the path below the root; the first that fits. */
  readonly cacheControl: readonly { readonly pattern: string; readonly value: string }[];
  /** Media types by extension, lower case, beyond the known ones. */
  readonly types: Readonly<Record<string, string>>;
}
