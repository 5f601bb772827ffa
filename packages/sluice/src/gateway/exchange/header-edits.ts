/** Header edits of a route, paid once when the plan arrives: what to leave out, and the lines to add. */
import type { HeaderEdits } from '../../config/plan.ts';

export interface CompiledEdits {
  /** Names that are left out, as `,name,name,`; empty when there are none. */
  readonly drops: string;
  /** Field lines to add, each with its CRLF. */
  readonly lines: string;
}

/** Nothing is changed. */
export const NO_EDITS: CompiledEdits = { drops: '', lines: '' };

/** What leaves out fields of these names and every alias of them (`_` and `.` for `-`), so that nobody can say what only we may say. */
export function dropsOf(names: readonly string[]): string {
  const [only = ''] = names;
  if (names.length === 1 && !only.includes('_') && !only.includes('.')) return `,${only.toLowerCase()},`;
  const listed = new Set(names.flatMap((name) => [name.toLowerCase(), name.toLowerCase().replaceAll(/[_.]/g, '-')]));
  return listed.size === 0 ? '' : `,${[...listed].join(',')},`;
}

/** Lines (each `Name: value` CRLF) without those that a route leaves out or sets itself. */
export function keptLines(lines: string, drops: string): string {
  if (drops === '') return lines;
  let text = '';
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\n', start) + 1;
    if (!isDropped(lines.slice(start, lines.indexOf(':', start)).toLowerCase(), drops)) text += lines.slice(start, end);
    start = end;
  }
  return text;
}

/** @param name Lower case. */
function isDropped(name: string, drops: string): boolean {
  if (drops.includes(`,${name},`)) return true;
  return (name.includes('_') || name.includes('.')) && drops.includes(`,${name.replaceAll(/[_.]/g, '-')},`);
}

/** Both, one after the other: what the second sets is not what the first set. */
export function joinEdits(first: CompiledEdits | null, second: CompiledEdits): CompiledEdits {
  if (first === null || first === NO_EDITS) return second;
  if (second === NO_EDITS) return first;
  const drops = first.drops === '' ? second.drops : second.drops === '' ? first.drops : first.drops + second.drops.slice(1);
  return { drops, lines: keptLines(first.lines, second.drops) + second.lines };
}

/** Compiles edits; `set` is a removal and an addition. */
export function compileEdits(edits: HeaderEdits | undefined): CompiledEdits {
  if (edits === undefined) return NO_EDITS;
  const dropped = [...edits.remove, ...edits.set.map(([name]) => name.toLowerCase())];
  const lines = [...edits.set, ...edits.add].map(([name, value]) => `${name}: ${value}\r\n`);
  if (dropped.length === 0 && lines.length === 0) return NO_EDITS;
  return { drops: dropped.length === 0 ? '' : `,${dropped.join(',')},`, lines: lines.join('') };
}
