/** A unified diff as lines that say what they are. */

export type DiffKind = 'added' | 'removed' | 'same' | 'place';

export interface DiffLine {
  readonly kind: DiffKind;
  readonly text: string;
}

export function diffLines(diff: string): readonly DiffLine[] {
  const lines = diff.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.flatMap((text) => {
    // Names of the two sides: the page says which they are.
    if (text.startsWith('--- ') || text.startsWith('+++ ')) return [];
    return [{ kind: kindOf(text), text }];
  });
}

function kindOf(line: string): DiffKind {
  if (line.startsWith('@@')) return 'place';
  return line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'same';
}
