/**
 * Text on a terminal: what it may hold, how wide it is, and cut to a width. Names and reasons come from configurations, peers and programs, so
 * everything that steers a terminal is gone before a width is taken. Wide characters (Unicode TR 11: W and F, and emoji) take two columns.
 */
import { plainLine } from './console.ts';

/** How a piece of a line looks; `null` as it comes. */
export type Look = 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'chosen' | null;

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly look: Look;
}

export type Line = readonly Span[];

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Tabs, line separators, and what changes the order or the look of its neighbours without a place of its own. */
const UNSEEN = /[\t\u2028\u2029\p{Cf}\p{Cs}]/gu;
const MARK = /^\p{M}+$/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const CLUSTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Blocks whose characters take two columns (EastAsianWidth.txt), first and last. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18df2],
  [0x1aff0, 0x1b2fb],
  [0x20000, 0x3fffd],
];

/** The text without anything that steers a terminal or has no width to count on. */
export function safeText(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : plainLine(text.toWellFormed()).replaceAll(UNSEEN, '').replaceAll('\n', '');
}

/** Columns that the text takes. */
export function textWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of CLUSTERS.segment(text)) width += clusterWidth(segment);
  return width;
}

/** At most `width` columns; where something is left out, `…` stands in its place: at the end, or at the start for texts whose end tells more. */
export function cutText(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  const safe = safeText(text);
  if (width <= 0) return '';
  if (textWidth(safe) <= width) return safe;
  const clusters = [...CLUSTERS.segment(safe)].map(({ segment }) => segment);
  if (keep === 'end') clusters.reverse();
  const kept: string[] = [];
  let left = width - 1;
  for (const cluster of clusters) {
    left -= clusterWidth(cluster);
    if (left < 0) break;
    kept.push(cluster);
  }
  return keep === 'end' ? `…${kept.reverse().join('')}` : `${kept.join('')}…`;
}

/** Exactly `width` columns. */
export function fitText(text: string, width: number, align: 'left' | 'right', keep: 'start' | 'end' = 'start'): string {
  const cut = cutText(text, width, keep);
  const blanks = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

/** The line, of at most `width` columns. */
export function cutLine(line: Line, width: number): Line {
  const cut: Span[] = [];
  let left = width;
  for (const { text, look } of line) {
    const part = cutText(text, left);
    if (part !== '') cut.push({ text: part, look });
    left -= textWidth(part);
    if (left <= 0) break;
  }
  return cut;
}

/** Columns that the line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** One character as people see it, which may be several code points. */
function clusterWidth(cluster: string): number {
  if (MARK.test(cluster)) return 0;
  const code = cluster.codePointAt(0)!;
  if (code < 0x1100) return EMOJI.test(cluster) ? 2 : 1;
  return WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(cluster) ? 2 : 1;
}
