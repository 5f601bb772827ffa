/** Tables for the terminal: columns as wide as their cells, the first one cut so that lines fit. No colours, no borders. */

export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly align: 'left' | 'right';
}

const FIRST_WIDTH_MIN = 12;

/** The lines of a table, each at most `width` characters (more only when the other columns leave no room). */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]!.length)));
  const others = widths.slice(1).reduce((sum, one) => sum + one, 0);
  const gaps = columns.length - 1;
  const gap = widths[0]! + others + 2 * gaps <= width ? 2 : 1;
  widths[0] = Math.min(widths[0]!, Math.max(FIRST_WIDTH_MIN, width - others - gap * gaps));
  return all.map((row) =>
    row
      .map((cell, index) => pad(index === 0 ? cut(cell, widths[0]!) : cell, widths[index]!, columns[index]!.align))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** The end tells more than the beginning: ports, file names. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const indent = /^ */.exec(text)![0];
  return `${indent}…${text.slice(text.length - (width - indent.length - 1))}`;
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}

/** At most five characters: `4711`, `123k`, `1.2M`. */
export function shortCount(value: number): string {
  if (value < 100_000) return String(Math.round(value));
  for (const [size, unit] of [
    [1e3, 'k'],
    [1e6, 'M'],
    [1e9, 'G'],
  ] as const) {
    const scaled = value / size;
    if (scaled < 999.5) return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
  }
  return `${Math.round(value / 1e12)}T`;
}

/** `0.12ms`, `3.4ms`, `120ms`, `1.2s`, `60s`; a dash for none. */
export function shortDuration(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1) return `${ms.toFixed(2)}ms`;
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  const seconds = ms / 1_000;
  return seconds < 9.95 ? `${seconds.toFixed(1)}s` : `${Math.round(seconds)}s`;
}

/** Two units at most: `3d4h`, `5m10s`. */
export function shortAge(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days}d${hours}h`;
  if (hours > 0) return `${hours}h${minutes}m`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
