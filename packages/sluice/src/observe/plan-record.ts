/** A configuration that ran. Plain JSON. */

export interface PlanRecord {
  readonly generation: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** Who asked: `file`, `signal`, `api:NAME`, `api:NAME (rollback to GENERATION)`, `certificates`, `start`. */
  readonly by: string;
  /** In words; empty for the first. */
  readonly changes: readonly string[];
  /** Whether it can be brought back. */
  readonly isKept: boolean;
  readonly isRunning: boolean;
}
