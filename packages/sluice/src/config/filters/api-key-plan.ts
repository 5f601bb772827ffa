/** Options of `apiKey`: which keys let in. */
export interface ApiKeyPlan {
  /** With those of `files`, once these are read; each name once. */
  readonly keys: readonly ApiKeyEntry[];
  /** How many of `keys`, the first, stand in the configuration itself: what comes out of the files is read again when they change. */
  readonly keysWritten: number;
  /** `name:hash` by line. */
  readonly files: readonly string[];
  /** Lower case. */
  readonly header: string;
  /** Query parameter that a key may come in; null: none. */
  readonly query: string | null;
  /** Header of the request to the service that says whose key it is; null: none. */
  readonly nameHeader: string | null;
  readonly forwardsKey: boolean;
}

export interface ApiKeyEntry {
  readonly name: string;
  /** `sha256:HEX`, or `$scrypt$…`. */
  readonly hash: string;
  /** For the filters that follow; with `sub`, the name. */
  readonly claims: Readonly<Record<string, unknown>>;
}
