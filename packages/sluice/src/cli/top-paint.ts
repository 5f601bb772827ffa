/**
 * Lines of `sluice top` as what a terminal is sent: one string for each screen, in place of what was there, with nothing but ECMA-48 sequences of
 * its own. Every piece of text passes `safeText` here once more, so that no part of the screen can forget it.
 */
import { lineWidth, type Line, type Look, safeText } from './top-text.ts';

/** The alternate screen, without a cursor; and back. */
export const ENTER_SCREEN = '\x1b[?1049h\x1b[?25l';
export const LEAVE_SCREEN = '\x1b[0m\x1b[?25h\x1b[?1049l';

const LOOKS: Readonly<Record<Exclude<Look, null>, string>> = {
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '31',
  chosen: '7',
};

/** @param lines As many as the terminal has, so that nothing old stays below. @param columns Of the terminal. @param hasColours Whether looks are shown. */
export function paintedScreen(lines: readonly Line[], columns: number, hasColours: boolean): string {
  const painted = lines.map((line) => {
    const text = line.map((span) => paintedSpan(span.text, span.look, hasColours)).join('');
    // Behind a line that ends in the last column, "erase to the end" would take its last character.
    return lineWidth(line) < columns ? `${text}\x1b[K` : text;
  });
  return `\x1b[H${painted.join('\r\n')}`;
}

/** The lines as text for files and pipes, without blank ones at the end. */
export function plainScreen(lines: readonly Line[]): string {
  const text = lines.map((line) =>
    line
      .map((span) => safeText(span.text))
      .join('')
      .trimEnd(),
  );
  while (text.at(-1) === '') text.pop();
  return `${text.join('\n')}\n`;
}

function paintedSpan(text: string, look: Look, hasColours: boolean): string {
  const safe = safeText(text);
  return look === null || !hasColours ? safe : `\x1b[${LOOKS[look]}m${safe}\x1b[0m`;
}
