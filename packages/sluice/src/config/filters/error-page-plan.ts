/** Options of `errorPage`: what clients get in place of errors. */
export interface ErrorPagePlan {
  /** Statuses that are replaced: from and to, both included. */
  readonly statuses: readonly (readonly [from: number, to: number])[];
  /** Replies of the service, too; else only ours. */
  readonly coversService: boolean;
  /** Page as it goes on the wire, one character per byte, with places; empty: a plain page of ours. */
  readonly html: string;
  /** Where it is read from; empty: nowhere. */
  readonly file: string;
  /** Who gets JSON (RFC 9457): clients that rather take it, all, nobody. */
  readonly json: 'auto' | 'always' | 'never';
  /** Sent there in place of a page; empty: nowhere. Has places, too. */
  readonly redirect: string;
  /** A service that has the pages, and where; null: none has. The path has the place `{status}`. */
  readonly from: { readonly service: string; readonly path: string; readonly timeoutMs: number } | null;
  /** Status in place of another. */
  readonly statusMap: readonly (readonly [from: number, to: number])[];
}
