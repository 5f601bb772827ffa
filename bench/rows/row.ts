/** A row of the report: one kind of work, all proxies, and the targets that Sluice is held to. */
import type { Origin } from '../origin.ts';
import type { SubjectKind } from '../peers/subject.ts';

export interface RowContext {
  readonly origin: Origin;
  readonly rounds: number;
  readonly seconds: number;
  /** Those that are installed and answer correctly. */
  readonly kinds: readonly SubjectKind[];
  log(line: string): void;
}

export interface Cell {
  readonly subject: string;
  /** In the column order of the row. */
  readonly values: readonly number[];
}

export interface Target {
  /** For people: `<= 1.3 x nginx`. */
  readonly text: string;
  readonly measured: number;
  readonly reached: boolean;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly cells: readonly Cell[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
}

export interface Row {
  readonly id: string;
  /** Runs in virtual time: needs no proxy and no backend. */
  readonly isVirtual?: true;
  /** Starts what it needs by itself: no proxy and no backend of the others. */
  readonly isAlone?: true;
  run(context: RowContext): Promise<RowResult>;
}

/** `Sluice / peer` in one column against a bound; nothing when either is missing. */
export function ratioTarget(cells: readonly Cell[], column: number, peer: string, bound: number): Target[] {
  const subject = peer.endsWith(', bare') ? 'Sluice, bare' : 'Sluice';
  const own = cells.find((cell) => cell.subject === subject)?.values[column];
  const other = cells.find((cell) => cell.subject === peer)?.values[column];
  if (own === undefined || other === undefined || other === 0) return [];
  const measured = own / other;
  return [{ text: `${subject} <= ${bound} x ${peer}`, measured, reached: measured <= bound }];
}

/** The same for figures of which more is better. */
export function leastRatioTarget(cells: readonly Cell[], column: number, peer: string, bound: number): Target[] {
  const own = cells.find((cell) => cell.subject === 'Sluice')?.values[column];
  const other = cells.find((cell) => cell.subject === peer)?.values[column];
  if (own === undefined || other === undefined || other === 0) return [];
  const measured = own / other;
  return [{ text: `Sluice >= ${bound} x ${peer}`, measured, reached: measured >= bound }];
}
