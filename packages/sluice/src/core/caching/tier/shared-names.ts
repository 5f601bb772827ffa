/** Names in a store that nodes share, of one cache: all begin alike, replies by a hash of their key. */
export interface SharedNames {
  /** The number of the last purge. */
  readonly last: string;
  /** The purges, a stream. */
  readonly stream: string;
  /** Purges up to it are known to nobody who begins now. */
  readonly floor: string;
  /** On which they are told. */
  readonly channel: string;
  /** In front of a reply's hash. */
  readonly reply: string;
}

/** @param prefix In front of everything. @param cache Its name, the same on all nodes. */
export function sharedNames(prefix: string, cache: string): SharedNames {
  const all = `${prefix}${cache}:`;
  return { last: `${all}purged`, stream: `${all}purges`, floor: `${all}floor`, channel: `${all}purges`, reply: `${all}r:` };
}
