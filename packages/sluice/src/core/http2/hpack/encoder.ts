/**
 * Encodes fields into header blocks (RFC 7541 §6). Its input is what the rest of the gateway speaks: field lines `Name: value` CRLF, of which names are
 * written in lower case (RFC 9113 §8.2). A line that is in the table is found by one hash over its bytes and one comparison, and costs a byte or two.
 *
 * Blocks have to be sent in the order in which they were begun: the peer's table follows ours.
 */
import { DynamicTable } from './dynamic-table.ts';
import type { BlockSink } from './block-sink.ts';
import { ALWAYS, COOKIE_BYTES_MIN, NEVER, POLICIES, REPEATED } from './indexing-policy.ts';
import { INTEGER_BYTES_MAX } from './integer.ts';
import { LOWER, finish, isSameBytes, isSameName, step } from './line-hash.ts';
import { LINES, LineIndex, NAMES } from './line-index.ts';
import { ENTRY_OVERHEAD, LINE_OVERHEAD } from './line-store.ts';
import { writeLatin1, writeNumber, writeString } from './literals.ts';
import { searchStaticField, searchStaticName, statusIndex } from './static-search.ts';
import { STATIC_COUNT, staticIndex } from './static-table.ts';

/** Our table's bound, whatever the peer allows. */
const TABLE_BYTES_MAX = 4096;
const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;

/** RFC 7541 §6: the first byte's pattern. */
const INDEXED = 0x80;
const LITERAL_INDEXED = 0x40;
const SIZE_UPDATE = 0x20;
const LITERAL_NEVER = 0x10;
const LITERAL = 0x00;

const COOKIE = staticIndex('cookie');
/** Hashes of lines seen lately, by their lowest bits. */
const SEEN_LINES = 128;

/** The line that is being encoded, where it is in no table as a whole. */
class Line {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Exactly `Name: value`. */
  isPlain = true;
  nameHash = 0;
  hash = 0;
}

export class HpackEncoder {
  private readonly table = new DynamicTable(TABLE_BYTES_MAX);
  private readonly index = new LineIndex();
  private readonly seen = new Int32Array(SEEN_LINES);
  private readonly line = new Line();
  /** The lowest size since the last block, to be announced; -1 = unchanged. */
  private lowestSize = -1;
  /** A line being put together. */
  private scratch: Uint8Array = new Uint8Array(256);
  /** A name in lower case. */
  private lower: Uint8Array = new Uint8Array(64);

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; 4096 holds until it says one. */
  setMaxTableSize(tableBytesMax: number): void {
    const size = Math.min(tableBytesMax, TABLE_BYTES_MAX);
    if (size === this.table.bytesMax) return;
    this.lowestSize = this.lowestSize < 0 ? size : Math.min(this.lowestSize, size);
    this.table.resize(size);
  }

  /** Begins a block: announces changes of the table's size. */
  begin(into: BlockSink): void {
    if (this.lowestSize < 0) return;
    into.reserve(2 * INTEGER_BYTES_MAX);
    // RFC 7541 §4.2: the smallest size that occurred, then the one that holds.
    if (this.lowestSize < this.table.bytesMax) writeNumber(into, SIZE_UPDATE, 0x1f, this.lowestSize);
    writeNumber(into, SIZE_UPDATE, 0x1f, this.table.bytesMax);
    this.lowestSize = -1;
  }

  /** `:status`. */
  encodeStatus(status: number, into: BlockSink): void {
    const index = statusIndex(status);
    if (index === 0) this.encodeField(':status', String(status), into);
    else this.encodeIndexed(index, into);
  }

  /** A field of the static table as a whole, such as `:method: GET` (2). */
  encodeIndexed(index: number, into: BlockSink): void {
    into.reserve(INTEGER_BYTES_MAX);
    writeNumber(into, INDEXED, 0x7f, index);
  }

  /** One field from latin1 texts. */
  encodeField(name: string, value: string, into: BlockSink): void {
    const length = name.length + value.length + LINE_OVERHEAD;
    if (length > this.scratch.length) this.scratch = new Uint8Array(length * 2);
    const { scratch } = this;
    let at = writeLatin1(name, scratch, 0);
    scratch[at++] = COLON;
    scratch[at++] = SP;
    at = writeLatin1(value, scratch, at);
    scratch[at] = CR;
    scratch[at + 1] = LF;
    this.encodeLine(scratch, 0, length, into);
  }

  /** All of the field lines `Name: value` CRLF in `bytes[start, end)`. */
  encodeLines(bytes: Uint8Array, start: number, end: number, into: BlockSink): void {
    let at = start;
    while (at < end) at = this.encodeLine(bytes, at, end, into);
  }

  /** The field line that starts at `start`; its CRLF is before `end`. @returns Where the next one starts. */
  encodeLine(bytes: Uint8Array, start: number, end: number, into: BlockSink): number {
    let byte = LOWER[bytes[start]!]!; // also where it is a pseudo-header's colon
    let hash = step(0, byte);
    let at = start + 1;
    for (; at < end && (byte = bytes[at]!) !== COLON; at++) hash = step(hash, LOWER[byte]!);
    const nameEnd = at;
    const nameHash = finish(hash);
    for (; at < end && (byte = bytes[at]!) !== CR; at++) hash = step(hash, byte);
    hash = finish(hash);
    const age = this.index.find(LINES, hash, this.table.added, this.table.count);
    if (age !== 0 && this.isEntry(age, bytes, start, nameEnd, at)) {
      into.reserve(INTEGER_BYTES_MAX);
      writeNumber(into, INDEXED, 0x7f, STATIC_COUNT + age);
      return at + 2;
    }
    const { line } = this;
    line.bytes = bytes;
    line.start = start;
    line.nameEnd = nameEnd;
    line.valueEnd = at;
    line.nameHash = nameHash;
    line.hash = hash;
    this.encodeOther(into);
    return at + 2;
  }

  /** Whether the entry of this age is this line. */
  private isEntry(age: number, bytes: Uint8Array, start: number, nameEnd: number, end: number): boolean {
    const { table } = this;
    const place = table.place(age);
    const from = table.places[place]!;
    if (table.places[place + 2]! - from !== end - start || table.places[place + 1]! - from !== nameEnd - start) return false;
    if (!isSameName(table.bytes, from, bytes, start, nameEnd - start)) return false;
    return isSameBytes(table.bytes, from + nameEnd - start, bytes, nameEnd, end - nameEnd);
  }

  /** `line` is not in the dynamic table. */
  private encodeOther(into: BlockSink): void {
    const { line } = this;
    const { bytes, nameEnd } = line;
    let valueStart = nameEnd + 1;
    while (valueStart < line.valueEnd && isBlank(bytes[valueStart]!)) valueStart++;
    let valueEnd = line.valueEnd;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    line.isPlain = valueStart === nameEnd + 2 && valueEnd === line.valueEnd;
    line.valueStart = valueStart;
    line.valueEnd = valueEnd;
    const known = searchStaticName(line.nameHash, bytes, line.start, nameEnd);
    const whole = known === 0 ? 0 : searchStaticField(known, bytes, valueStart, valueEnd);
    if (whole !== 0) this.encodeIndexed(whole, into);
    else this.encodeLiteral(known, into);
  }

  private encodeLiteral(known: number, into: BlockSink): void {
    const { line } = this;
    const name = known === 0 ? this.indexOfName() : known;
    const pattern = this.patternOf(known, name);
    into.reserve(line.valueEnd - line.start + 3 * INTEGER_BYTES_MAX);
    writeNumber(into, pattern, pattern === LITERAL_INDEXED ? 0x3f : 0x0f, name);
    if (name === 0) this.writeName(into);
    writeString(into, line.bytes, line.valueStart, line.valueEnd);
    if (pattern === LITERAL_INDEXED) this.enter();
  }

  /** By which kind of literal the line goes; `indexing-policy.ts` has the reasons. */
  private patternOf(known: number, name: number): number {
    const { line, table } = this;
    const policy = known === 0 ? (name === 0 ? ALWAYS : REPEATED) : POLICIES[known]!;
    const valueBytes = line.valueEnd - line.valueStart;
    if (policy === NEVER || (known === COOKIE && valueBytes < COOKIE_BYTES_MIN)) return LITERAL_NEVER;
    if (!line.isPlain) return LITERAL; // entries are compared as plain lines
    // One entry must not push out most others.
    const size = line.nameEnd - line.start + valueBytes + ENTRY_OVERHEAD;
    if (size > table.bytesMax * 0.75) return LITERAL;
    if (policy === ALWAYS) return LITERAL_INDEXED;
    const slot = line.hash & (SEEN_LINES - 1);
    if (this.seen[slot] === line.hash) return LITERAL_INDEXED;
    this.seen[slot] = line.hash;
    return LITERAL;
  }

  /** Puts `line` into the table. */
  private enter(): void {
    const { line, table, index } = this;
    const number = table.added;
    if (!table.add(line.bytes, line.start, line.nameEnd, line.valueEnd)) return;
    index.add(LINES, line.hash, number);
    index.add(NAMES, line.nameHash, number);
  }

  /** Index of the newest dynamic entry with the line's name, or 0. */
  private indexOfName(): number {
    const { line, table } = this;
    const age = this.index.find(NAMES, line.nameHash, table.added, table.count);
    if (age === 0) return 0;
    const place = table.place(age);
    const from = table.places[place]!;
    const length = line.nameEnd - line.start;
    const isSame = table.places[place + 1]! - from === length && isSameName(table.bytes, from, line.bytes, line.start, length);
    return isSame ? STATIC_COUNT + age : 0;
  }

  /** The line's name in lower case (RFC 9113 §8.2). */
  private writeName(into: BlockSink): void {
    const { bytes, start, nameEnd } = this.line;
    const length = nameEnd - start;
    if (length > this.lower.length) this.lower = new Uint8Array(length);
    const { lower } = this;
    for (let at = 0; at < length; at++) lower[at] = LOWER[bytes[start + at]!]!;
    writeString(into, lower, 0, length);
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
