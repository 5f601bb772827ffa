/**
 * A unified diff of two texts (as `diff -u`): what is the same at both ends is put aside, of the rest the longest common subsequence is found by a table. Bounds: where the
 * table would have more than four million cells, all lines of the rest are shown as replaced; at most 2,000 lines are returned.
 */
const CELLS_MAX = 4_000_000;
const CONTEXT = 3;
const LINES_MAX = 2_000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Empty when nothing differs. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return '';
  const lines = diffLines(before.split('\n'), after.split('\n'));
  const isNear = nearChanges(lines);
  const shown: string[] = [];
  let [left, right] = [1, 1];
  for (let index = 0; index < lines.length; index++) {
    const { sign, text } = lines[index]!;
    if (isNear[index] === 1 && isNear[index - 1] !== 1) shown.push(headOf(lines, isNear, index, left, right));
    if (isNear[index] === 1) shown.push(sign + text);
    if (sign !== '+') left++;
    if (sign !== '-') right++;
  }
  if (shown.length <= LINES_MAX) return `${shown.join('\n')}\n`;
  return `${shown.slice(0, LINES_MAX).join('\n')}\n… ${shown.length - LINES_MAX} more lines\n`;
}

/** Lines that differ, and three around each. */
function nearChanges(lines: readonly Line[]): Uint8Array {
  const isNear = new Uint8Array(lines.length);
  lines.forEach(({ sign }, index) => {
    if (sign !== ' ') isNear.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  return isNear;
}

function headOf(lines: readonly Line[], isNear: Uint8Array, start: number, left: number, right: number): string {
  let [removed, added] = [0, 0];
  for (let index = start; isNear[index] === 1; index++) {
    if (lines[index]!.sign !== '+') removed++;
    if (lines[index]!.sign !== '-') added++;
  }
  return `@@ -${left},${removed} +${right},${added} @@`;
}

function diffLines(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (text: string): Line => ({ sign: ' ', text });
  const middle = diffMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...before.slice(0, start).map(same), ...middle, ...before.slice(before.length - end).map(same)];
}

function diffMiddle(before: readonly string[], after: readonly string[]): Line[] {
  const lines: Line[] = [];
  let [left, right] = [0, 0];
  if (before.length * after.length <= CELLS_MAX) {
    const width = after.length + 1;
    const lengths = commonLengths(before, after);
    while (left < before.length && right < after.length) {
      if (before[left] === after[right]) {
        lines.push({ sign: ' ', text: before[left++]! });
        right++;
      } else if (lengths[(left + 1) * width + right]! >= lengths[left * width + right + 1]!)
        lines.push({ sign: '-', text: before[left++]! });
      else lines.push({ sign: '+', text: after[right++]! });
    }
  }
  for (; left < before.length; left++) lines.push({ sign: '-', text: before[left]! });
  for (; right < after.length; right++) lines.push({ sign: '+', text: after[right]! });
  return lines;
}

/** Length of the longest common subsequence of what comes from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): Int32Array {
  const width = after.length + 1;
  const lengths = new Int32Array((before.length + 1) * width);
  for (let left = before.length - 1; left >= 0; left--) {
    for (let right = after.length - 1; right >= 0; right--) {
      const isSame = before[left] === after[right];
      const below = lengths[(left + 1) * width + right]!;
      const beside = lengths[left * width + right + 1]!;
      lengths[left * width + right] = isSame ? lengths[(left + 1) * width + right + 1]! + 1 : Math.max(below, beside);
    }
  }
  return lengths;
}
