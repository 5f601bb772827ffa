/**
 * Tables of `sluice top`: columns keep their widths while figures change, so that nothing jumps. The name takes what is left; where that is too
 * little, columns are left out, the least important first.
 */
import { cutText, fitText, type Line, type Look, safeText, type Span, textWidth } from './top-text.ts';

export interface TopColumn<Row> {
  readonly title: string;
  readonly width: number;
  /** Those of the highest number go first. */
  readonly rank: number;
  readonly align?: 'left';
  readonly cell: (row: Row) => string;
  readonly look?: (row: Row) => Look;
}

export interface TopTable<Row> {
  /** Title of the first column. */
  readonly title: string;
  readonly name: (row: Row) => string;
  /** Addresses tell more with their end. */
  readonly keep: 'start' | 'end';
  /** Columns that a name has, as far as it needs them, before one of the others is left out. */
  readonly nameWidth: number;
  readonly columns: readonly TopColumn<Row>[];
}

/** Columns that are only nice to have go before names of up to 40 columns are cut. */
const NAME_MOST = 40;
const NICE_RANK = 9;
const MARGIN = 2;

/** The title and a line for each row. @param chosen The row that is marked; -1: none. */
export function topTableLines<Row>(table: TopTable<Row>, rows: readonly Row[], chosen: number, width: number): readonly Line[] {
  const longest = Math.max(textWidth(table.title), ...rows.map((row) => textWidth(safeText(table.name(row)))));
  const columns = columnsFor(table, longest, width);
  const nameWidth = Math.max(1, Math.min(longest, width - MARGIN - widthOf(columns)));
  const title = columns.map((column) => ` ${fitText(column.title, column.width, column.align ?? 'right')}`).join('');
  const head: Line = [{ text: `${' '.repeat(MARGIN)}${fitText(table.title, nameWidth, 'left')}${title}`.trimEnd(), look: 'dim' }];
  return [head, ...rows.map((row, index) => rowLine(table, columns, row, nameWidth, index === chosen))];
}

function rowLine<Row>(table: TopTable<Row>, columns: readonly TopColumn<Row>[], row: Row, nameWidth: number, isChosen: boolean): Line {
  const name: Span = { text: `${isChosen ? '> ' : '  '}${fitText(table.name(row), nameWidth, 'left', table.keep)}`, look: null };
  const cells = columns.map((column): Span => {
    const text = ` ${fitText(column.cell(row), column.width, column.align ?? 'right')}`;
    return { text, look: column.look?.(row) ?? null };
  });
  // One look for the whole line: a bar that is interrupted by other colours is none.
  return isChosen ? [{ text: [name, ...cells].map(({ text }) => text).join(''), look: 'chosen' }] : [name, ...cells];
}

function columnsFor<Row>(table: TopTable<Row>, longest: number, width: number): readonly TopColumn<Row>[] {
  let left = table.columns;
  while (left.length > 0) {
    const last = left.reduce((worst, column) => (column.rank > worst.rank ? column : worst));
    if (width - MARGIN - widthOf(left) >= Math.min(longest, last.rank >= NICE_RANK ? NAME_MOST : table.nameWidth)) break;
    left = left.filter((column) => column !== last);
  }
  return left;
}

function widthOf<Row>(columns: readonly TopColumn<Row>[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, 0);
}

/** Per second, at most five characters. */
export function shortRate(value: number): string {
  if (value === 0) return '0';
  if (value < 0.05) return '<0.1';
  return value < 99.95 ? value.toFixed(1) : value < 9_999.5 ? String(Math.round(value)) : thousands(value);
}

function thousands(value: number): string {
  for (const unit of ['k', 'M', 'G']) {
    value /= 1_000;
    if (value < 99.95) return `${value.toFixed(1)}${unit}`;
    if (value < 999.5) return `${Math.round(value)}${unit}`;
  }
  return '>1T';
}

/** At most five characters; a dash for none. */
export function shortShare(share: number | null): string {
  if (share === null) return '-';
  const percent = share * 100;
  if (percent === 0) return '0%';
  if (percent < 0.1) return '<.1%';
  return percent < 9.95 ? `${percent.toFixed(1)}%` : `${Math.round(percent)}%`;
}

/** Parts one after the other with two blanks between them, as many as fit. */
export function partsLine(parts: readonly Span[], width: number): Line {
  const line: Span[] = [];
  let left = width;
  for (const { text, look } of parts) {
    const safe = cutText(text, width);
    const need = textWidth(safe) + (line.length === 0 ? 0 : 2);
    if (need > left) break;
    if (line.length > 0) line.push({ text: '  ', look: null });
    line.push({ text: safe, look });
    left -= need;
  }
  return line;
}
