/**
 * Parts of multipart/form-data (RFC 7578, RFC 2046 §5.1): names, file names and texts. Strict where two readers could differ: a boundary that is missing, doubled or odd, a part without a name, text outside of parts
 * are findings. Of files the name is looked at, and the content only for code that a server would run.
 */
import type { Inspection } from './inspection.ts';
import { IN_BODY, IN_FILE, IN_FILE_NAME, IN_NAME } from './rule.ts';
import { BAD_BODY } from './rules/raised.ts';

const PARTS_MAX = 1000;
const PART_HEAD_MAX = 4096;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([^\s;,"]{1,70}))/gi;
const FIELD_NAME = /;\s*name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i;
const FILE_NAME = /;\s*filename(?:\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/gi;

/** @param type The value of Content-Type: at most some KiB. */
export function inspectMultipart(text: string, type: string, inspection: Inspection): void {
  const boundary = boundaryOf(type);
  if (boundary === null) {
    inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    return inspection.text(text, IN_BODY, 'body');
  }
  const line = `--${boundary}`;
  let at = text.startsWith(line) ? 0 : text.indexOf(`\r\n${line}`);
  if (at < 0) {
    inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    return inspection.text(text, IN_BODY, 'body');
  }
  outside(text.slice(0, at), inspection);
  if (at > 0) at += 2;
  for (let count = 0; !inspection.isOver; count++) {
    at += line.length;
    if (text.startsWith('--', at)) return outside(text.slice(at + 2), inspection);
    const next = text.indexOf(`\r\n${line}`, at);
    if (count >= PARTS_MAX || !text.startsWith('\r\n', at)) inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    part(text, at + 2, next < 0 ? text.length : next, inspection);
    if (next < 0) return; // cut, by us or by the client: the last part is seen all the same
    at = next + 2;
  }
}

function boundaryOf(type: string): string | null {
  let found: string | null = null;
  for (const match of type.matchAll(BOUNDARY)) {
    if (found !== null) return null;
    found = match[1] ?? match[2]!;
  }
  return found;
}

function outside(text: string, inspection: Inspection): void {
  if (text.trim() === '') return;
  inspection.raise(BAD_BODY, IN_BODY, 'body', text.slice(0, 64));
  inspection.text(text, IN_BODY, 'body');
}

function part(text: string, start: number, end: number, inspection: Inspection): void {
  const blank = text.startsWith('\r\n', start) ? start : text.indexOf('\r\n\r\n', start);
  if (blank < 0 || blank >= end || blank - start > PART_HEAD_MAX) {
    inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    return inspection.text(text.slice(start, end), IN_BODY, 'body');
  }
  const head = text.slice(start, blank);
  const named = FIELD_NAME.exec(head);
  const name = named?.[1] ?? named?.[2] ?? '';
  if (name === '') inspection.raise(BAD_BODY, IN_NAME, 'body', head.slice(0, 64));
  else inspection.named(name);
  const content = text.slice(blank === start ? blank + 2 : blank + 4, end);
  let isFile = false;
  for (const file of head.matchAll(FILE_NAME)) {
    isFile = true;
    inspection.text(file[1] ?? file[2]!, IN_FILE_NAME, name);
  }
  inspection.text(content, isFile ? IN_FILE : IN_BODY, name);
}
