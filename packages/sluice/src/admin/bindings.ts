/** What the admin server tells the app of a request: who asks, over what, and where changes are written down. */
import type { IncomingMessage } from 'node:http';
import type { Scope } from '../config/observe-plan.ts';

/** Who asks: the name of the token or client certificate (`local` without one), and what it may do. */
export interface Caller {
  readonly name: string;
  readonly scope: Scope;
}

/** A change that was asked for, as the audit log has it; who and when, the server knows. */
export interface AuditNote {
  /** The operation: `scale`, `drain`, `reload`… */
  readonly action: string;
  /** What it was asked of: `service/web`, `cache/pages`; '' for all of Sluice. */
  readonly target: string;
  /** Small JSON, without secrets; null where there is nothing to compare. */
  readonly before: unknown;
  readonly after: unknown;
  /** `ok`, or why not. */
  readonly outcome: string;
}

/** A written change, as `GET /api/audit` lists it. */
export interface AuditEntry extends AuditNote {
  /** Rises by one with each. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly who: string;
}

export interface AdminBindings {
  readonly caller: Caller;
  /** Whether the client is the user that Sluice runs as, or root, or has shown a token. Costs about a millisecond. */
  readonly isOwner: () => boolean;
  /** As it came: uploads are read from it. */
  readonly incoming: IncomingMessage;
  /** Writes a change down. */
  readonly audit: (note: AuditNote) => void;
}

/** Where `GET /api/audit` reads: the youngest first. The server gives it to the app. */
export interface AuditTrail {
  /** @param before Only those with a smaller id; null: from the youngest. */
  list(before: number | null, limit: number): readonly AuditEntry[];
}
