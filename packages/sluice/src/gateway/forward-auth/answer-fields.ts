/** Fields of an answer as lines of ours. Values are checked again: nothing that another program says may end a line. */
import { HOP_BY_HOP } from '../exchange/field-copy.ts';
import { KNOWN_NAMES } from '../../core/http1/known-fields.ts';

/** What belongs to the connection that the answer came on, or is ours to say. */
const OURS: ReadonlySet<string> = new Set([...HOP_BY_HOP.map((id) => KNOWN_NAMES[id]!), 'date', 'trailer', 'strict-transport-security']);

/** Lines for the client's reply, when the answer is the reply. */
export function replyLines(fields: readonly string[]): string {
  let lines = '';
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index]!;
    if (!OURS.has(name.toLowerCase()) && isSound(fields[index + 1]!)) lines += `${name}: ${fields[index + 1]!}\r\n`;
  }
  return lines;
}

/** Lines of those fields that have one of these names. @param names As they are to be sent; compared in any case. */
export function chosenLines(fields: readonly string[], names: readonly string[]): string {
  let lines = '';
  for (const name of names) {
    const lower = name.toLowerCase();
    for (let index = 0; index + 1 < fields.length; index += 2) {
      if (fields[index]!.toLowerCase() === lower && isSound(fields[index + 1]!)) lines += `${name}: ${fields[index + 1]!}\r\n`;
    }
  }
  return lines;
}

function isSound(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return true;
}
