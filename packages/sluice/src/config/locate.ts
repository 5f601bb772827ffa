/**
 * Where a fault stands in a YAML or JSON text, so that its message can say the line. The text is parsed again for this, only when there are faults; JSON is
 * read as the YAML that it is.
 */
import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { type Fault, parsePath, type Path } from './fault.ts';

/** Parsing costs about a second per megabyte, and whoever generates as much does not read line numbers. */
const TEXT_LENGTH_MAX = 1024 * 1024;

/** The same faults with their lines; as they are when the text is too long. */
export function withLines(faults: readonly Fault[], text: string): readonly Fault[] {
  if (faults.length === 0 || text.length > TEXT_LENGTH_MAX) return faults;
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return faults.map((fault) => {
    const offset = offsetOf(contents, parsePath(fault.path));
    return offset === null ? fault : { ...fault, message: `${fault.message} (line ${lines.linePos(offset).line})` };
  });
}

/** Offset of the deepest part of the path that is there; null when not even the first is. */
function offsetOf(root: ParsedNode | null, path: Path): number | null {
  let node = root;
  let offset: number | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair: { key: ParsedNode; value: ParsedNode | null } | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === step,
      );
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      node = node.items[step];
      offset = node.range[0];
    } else break;
  }
  return offset;
}
