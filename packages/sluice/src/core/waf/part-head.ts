/**
 * The head of a part of multipart/form-data (RFC 7578 §4.2), read so that no two servers can read it differently, or not at all: what one takes for a file's name and another for a value's would
 * let the value pass as a file. So: one Content-Disposition, names and file names once, no folded or half-ended lines, no quotes that some undo and some do not, no encoding of a part's own.
 */
import { hidesText } from './content-type.ts';

export interface PartHead {
  /** Of the field; empty: none. */
  readonly name: string;
  /** All that are said, also in `filename*`, by which alone not every server sees a file. */
  readonly fileNames: readonly string[];
  /** Every server takes it for a file: it has a `filename` that is not empty. */
  readonly isFile: boolean;
  /** Two readers could differ. */
  readonly isOdd: boolean;
  /** In a character set that hides what it says. */
  readonly isHidden: boolean;
}

/** A quote by `'`, which PHP undoes and others do not, is no plain value; within one it is RFC 8187's (`filename*=utf-8''x`, as .NET sends it beside a plain one). */
const PARAMETER = /[ \t]*;[ \t]*([a-z0-9!#$%&*+.^_`|~-]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"'\\=](?:[^\s;"\\=]*[^\s;"'\\=])?))/giy;
const ENCODINGS = /^(?:7bit|8bit|binary)$/;

/** @param head Lines, without the empty one behind them. */
export function readPartHead(head: string): PartHead {
  let isOdd = false;
  let isHidden = false;
  let disposition: string | null = null;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const field = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (!/^[a-z0-9-]+$/.test(field) || /[\r\n\0]/.test(line)) isOdd = true; // oxlint-disable-line no-control-regex -- what ends a line for some
    if (field === 'content-disposition') {
      if (disposition !== null) isOdd = true;
      disposition = value;
    } else if (field === 'content-type') isHidden ||= hidesText(value.toLowerCase());
    else if (field === 'content-transfer-encoding' && !ENCODINGS.test(value.toLowerCase())) isOdd = true;
  }
  const named = readDisposition(disposition ?? '');
  return { ...named, isOdd: isOdd || named.isOdd, isHidden };
}

function readDisposition(text: string): Omit<PartHead, 'isHidden'> {
  const fileNames: string[] = [];
  const semicolon = text.indexOf(';');
  let end = semicolon < 0 ? text.length : semicolon;
  let [name, file, isOdd] = ['', null as string | null, text.slice(0, end).trim().toLowerCase() !== 'form-data'];
  let seesName = false;
  PARAMETER.lastIndex = end;
  for (let match = PARAMETER.exec(text); match !== null; match = PARAMETER.exec(text)) {
    end = PARAMETER.lastIndex;
    const value = match[2] ?? match[3]!;
    const key = match[1]!.toLowerCase();
    if (value.endsWith('\\')) isOdd = true; // is the quote behind it one?
    if (key === 'name') {
      isOdd ||= seesName;
      [name, seesName] = [value, true];
    } else if (key === 'filename') {
      isOdd ||= file !== null;
      file = value;
      fileNames.push(value);
    } else if (key.startsWith('filename')) fileNames.push(value);
    else if (key.startsWith('name')) isOdd = true;
  }
  const rest = text.slice(end).trim();
  if (rest !== '' && rest !== ';') isOdd = true;
  return { name, fileNames, isFile: file !== null && file !== '', isOdd };
}
