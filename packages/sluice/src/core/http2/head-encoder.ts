/**
 * HTTP/1.1 heads, as the gateway writes them, to header blocks (RFC 9113 §8.3, §8.2.2): the first line and Host become pseudo-headers, connection-specific fields are
 * dropped, names become lower case in the encoder. The lines are not taken apart: the encoder finds most of them whole in its table.
 */
import { assert } from '../../base/assert.ts';
import { CR, LF } from '../http1/characters.ts';
import { knownField } from '../http1/known-fields.ts';
import * as known from '../http1/known-fields.ts';
import { isConnectionSpecific } from './field-rules.ts';
import type { BlockSink } from './hpack/block-sink.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import type { Workspace } from './workspace.ts';

const COLON = 0x3a;
/** First letters, in lower case, of the names that are dropped: Connection, Host, HTTP2-Settings, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade. */
const DROP_INITIALS = new Uint8Array(256);
for (const letter of 'chkptuCHKPTU') DROP_INITIALS[letter.charCodeAt(0)] = 1;

/** What is asked of a request beside its text. */
export interface RequestKind {
  readonly scheme: string;
  /** `:protocol` of an extended CONNECT; '' otherwise. */
  readonly protocol: string;
}

/** One per session: blocks are sent in the order in which they were encoded. */
export class HeadEncoder {
  private readonly encoder = new HpackEncoder();
  private readonly workspace: Workspace;

  constructor(workspace: Workspace) {
    this.workspace = workspace;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableBytesMax(bytes: number): void {
    this.encoder.setMaxTableSize(bytes);
  }

  /** `HTTP/1.1 200 OK` CRLF, lines, CRLF. @param status What is sent as `:status`. */
  response(text: string, status: number, into: BlockSink): void {
    const size = this.load(text, 0);
    this.encoder.begin(into);
    this.encoder.encodeStatus(status, into);
    this.lines(endOfLine(this.workspace.text, 0, size), size, into);
  }

  /** `GET /x HTTP/1.1` CRLF, lines with Host, CRLF. */
  request(text: string, kind: RequestKind, into: BlockSink): void {
    const methodEnd = text.indexOf(' ');
    const targetEnd = text.indexOf(' ', methodEnd + 1);
    const lineEnd = text.indexOf('\r\n', targetEnd);
    assert(methodEnd > 0 && targetEnd > 0 && lineEnd > 0, 'a request head has a request line');
    const method = text.slice(0, methodEnd);
    const target = text.slice(methodEnd + 1, targetEnd);
    const pseudo = pseudoLines(method, target, hostOf(text, lineEnd), kind);
    const size = this.load(text, pseudo.length);
    const bytes = this.workspace.text;
    for (let index = 0; index < pseudo.length; index++) bytes[index] = pseudo.charCodeAt(index);
    this.encoder.begin(into);
    this.encoder.encodeLines(bytes, 0, pseudo.length, into);
    this.lines(pseudo.length + lineEnd + 2, size, into);
  }

  /** Field lines. */
  trailers(lines: string, into: BlockSink): void {
    const size = this.load(lines, 0);
    this.encoder.begin(into);
    this.lines(0, size, into);
  }

  /** Encodes the lines from `start` up to an empty one or `end`. */
  private lines(start: number, end: number, into: BlockSink): void {
    const { text } = this.workspace;
    let at = start;
    while (at < end && text[at] !== CR) {
      if (DROP_INITIALS[text[at]!] === 1 && isDropped(text, at, end)) at = endOfLine(text, at, end);
      else at = this.encoder.encodeLine(text, at, end, into);
    }
  }

  /** Puts the text into the workspace, behind `lead` bytes. @returns Where it ends. */
  private load(text: string, lead: number): number {
    const size = lead + text.length;
    const { workspace } = this;
    if (size > workspace.text.length) workspace.text = workspace.allocate(size * 2);
    writeLatin1(text, workspace.text, lead);
    return size;
  }
}

function pseudoLines(method: string, target: string, host: string, kind: RequestKind): string {
  if (kind.protocol !== '') {
    return `:method: CONNECT\r\n:protocol: ${kind.protocol}\r\n:scheme: ${kind.scheme}\r\n:authority: ${host}\r\n:path: ${target}\r\n`;
  }
  if (method === 'CONNECT') return `:method: CONNECT\r\n:authority: ${target}\r\n`;
  return `:method: ${method}\r\n:scheme: ${kind.scheme}\r\n:authority: ${host}\r\n:path: ${target}\r\n`;
}

/** Host is the first line where the gateway writes the head. */
function hostOf(text: string, lineEnd: number): string {
  let at = lineEnd + 2;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end <= at) return '';
    if (text.charCodeAt(at + 4) === COLON && text.slice(at, at + 4).toLowerCase() === 'host') return text.slice(at + 5, end).trim();
    at = end + 2;
  }
}

function isDropped(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== COLON) at++;
  const id = knownField(bytes, start, at);
  return id === known.HOST || id === known.HTTP2_SETTINGS || isConnectionSpecific(id);
}

function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return at + 1;
}

/** As much of Node's Buffer as is needed to recognise one and to write to it. */
interface BufferLike {
  readonly readUInt8?: unknown;
  write(text: string, offset: number, encoding: string): number;
}

function writeLatin1(text: string, bytes: Uint8Array, start: number): void {
  const target = bytes as unknown as BufferLike;
  if (target.readUInt8 !== undefined) target.write(text, start, 'latin1');
  else for (let index = 0; index < text.length; index++) bytes[start + index] = text.charCodeAt(index);
}
