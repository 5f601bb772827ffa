/**
 * Parts of multipart/form-data (RFC 7578, RFC 2046 §5.1): names, file names and texts. Strict where two readers could differ: a boundary that is missing, doubled or odd, a part without a name, text outside of parts
 * are findings. Of files the name is looked at, and the content only for code that a server would run.
 */
import type { Inspection } from './inspection.ts';
import { readPartHead } from './part-head.ts';
import { IN_BODY, IN_FILE, IN_FILE_NAME, IN_NAME } from './rule.ts';
import { BAD_BODY, CHARSET } from './rules/raised.ts';

const PARTS_MAX = 1000;
const PART_HEAD_MAX = 4096;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([^\s;,"]{1,70}))/i;
/** Any way to say one: more than one is none. */
const BOUNDARIES = /(?:^|[;\s,"'])boundary[*\d]*\s*=/gi;

/** @param type The value of Content-Type: at most some KiB. */
export function inspectMultipart(text: string, type: string, inspection: Inspection): void {
  const boundary = boundaryOf(type);
  if (boundary === null) {
    inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    return inspection.text(text, IN_BODY, 'body');
  }
  const line = `--${boundary}`;
  let at = text.startsWith(line) ? 0 : boundaryFrom(text, line, 0, inspection);
  if (at < 0) {
    inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    return inspection.text(text, IN_BODY, 'body');
  }
  outside(text.slice(0, at), inspection);
  if (at > 0) at += 2;
  for (let count = 0; !inspection.isOver; count++) {
    at += line.length;
    if (text.startsWith('--', at)) return outside(text.slice(at + 2), inspection);
    const next = boundaryFrom(text, line, at, inspection);
    if (count >= PARTS_MAX || !text.startsWith('\r\n', at)) inspection.raise(BAD_BODY, IN_BODY, 'body', '');
    part(text, at + 2, next < 0 ? text.length : next, inspection);
    if (next < 0) return; // cut, by us or by the client: the last part is seen all the same
    at = next + 2;
  }
}

/** Where the line end before the next boundary stands; -1: there is none. One of LF alone ends a part for PHP and others, and not for the rest. */
function boundaryFrom(text: string, line: string, from: number, inspection: Inspection): number {
  const at = text.indexOf(`\n${line}`, from);
  if (at < 0) return -1;
  if (text.charCodeAt(at - 1) === 0x0d && at > from) return at - 1;
  inspection.raise(BAD_BODY, IN_BODY, 'body', '');
  const next = text.indexOf(`\r\n${line}`, at);
  inspection.text(text.slice(at + 1, next < 0 ? text.length : next), IN_BODY, 'body');
  return next;
}

function boundaryOf(type: string): string | null {
  if ([...type.matchAll(BOUNDARIES)].length !== 1) return null;
  const match = BOUNDARY.exec(type);
  return match === null ? null : (match[1] ?? match[2]!);
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
  const { name, fileNames, isFile, isOdd, isHidden } = readPartHead(text.slice(start, blank));
  if (isHidden) inspection.raise(CHARSET, IN_BODY, name, '');
  if (isOdd || name === '') inspection.raise(BAD_BODY, IN_NAME, 'body', text.slice(start, start + 64));
  inspection.named(name);
  for (const file of fileNames) inspection.text(file, IN_FILE_NAME, name);
  const content = text.slice(blank === start ? blank + 2 : blank + 4, end);
  inspection.text(content, isFile && !isOdd ? IN_FILE : IN_BODY, name);
}
