/**
 * Decodes header blocks (RFC 7541 §6). A block is whole (HEADERS and its CONTINUATIONs joined) and blocks come in the order in which they were sent:
 * the dynamic table is the connection's state. After an error the table is worth nothing and the connection ends with COMPRESSION_ERROR.
 *
 * A field that is in a table costs one copy of its line; bounds are those of `DecodedFields`.
 */
import type { DecodedFields } from './decoded-fields.ts';
import { DynamicTable } from './dynamic-table.ts';
import { decodedBytesMax, huffmanDecode } from './huffman.ts';
import { BAD_INTEGER, BlockReader } from './integer.ts';
import type { LineStore } from './line-store.ts';
import { PLACE } from './line-store.ts';
import { copyBytes } from './octets.ts';
import { STATIC_COUNT, STATIC_TABLE } from './static-table.ts';

/** The value of SETTINGS_HEADER_TABLE_SIZE that both sides begin with (RFC 9113 §6.5.2). */
export const DEFAULT_TABLE_BYTES = 4096;

/** `: ` behind a name, CRLF behind a value. */
const SEPARATOR_BYTES = 2;

export class HpackDecoder {
  private readonly table: DynamicTable;
  private readonly reader = new BlockReader();
  private tableBytesMax: number;
  /** The next block has to begin with a size update (RFC 9113 §4.3.1). */
  private awaitsUpdate = false;

  /** @param tableBytesMax What the peer's encoder begins with: it knows of another value only once it has acknowledged our SETTINGS. */
  constructor(tableBytesMax: number = DEFAULT_TABLE_BYTES) {
    this.tableBytesMax = tableBytesMax;
    this.table = new DynamicTable(tableBytesMax);
  }

  /** The peer has acknowledged this SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableSize(tableBytesMax: number): void {
    this.tableBytesMax = tableBytesMax;
    if (tableBytesMax < this.table.bytesMax) this.awaitsUpdate = true;
  }

  /**
   * Adds the fields of the block `bytes[start, end)`.
   * @returns False for a connection error of type COMPRESSION_ERROR.
   */
  decode(bytes: Uint8Array, start: number, end: number, into: DecodedFields): boolean {
    const { reader } = this;
    reader.begin(bytes, start, end);
    if (!this.readSizeUpdates(bytes, end)) return false;
    while (reader.at < end) {
      const first = bytes[reader.at]!;
      const isRead = first >= 0x80 ? this.readIndexed(into) : this.readLiteral(first, into);
      if (!isRead) return false;
    }
    return true;
  }

  /** RFC 7541 §4.2, §6.3: size updates stand in front of the fields, and there has to be one when we lowered the limit. */
  private readSizeUpdates(bytes: Uint8Array, end: number): boolean {
    const { reader } = this;
    while (reader.at < end && (bytes[reader.at]! & 0xe0) === 0x20) {
      const size = reader.integer(0x1f);
      if (size === BAD_INTEGER || size > this.tableBytesMax) return false;
      this.table.resize(size);
      this.awaitsUpdate = false;
    }
    return !this.awaitsUpdate || reader.at >= end;
  }

  /** RFC 7541 §6.1. */
  private readIndexed(into: DecodedFields): boolean {
    const index = this.reader.integer(0x7f);
    if (index > STATIC_COUNT) {
      const age = index - STATIC_COUNT;
      if (age > this.table.count) return false;
      into.addLine(this.table, this.table.place(age));
      return true;
    }
    if (index <= 0) return false; // §6.1: index 0 is a decoding error; BAD_INTEGER
    into.addLine(STATIC_TABLE, index * PLACE);
    return true;
  }

  /** RFC 7541 §6.2. */
  private readLiteral(first: number, into: DecodedFields): boolean {
    if ((first & 0xe0) === 0x20) return false; // §4.2: a size update behind a field
    const isIndexed = first >= 0x40;
    const index = this.reader.integer(isIndexed ? 0x3f : 0x0f);
    const nameEnd = index === 0 ? this.readString(into, into.length) : this.copyName(index, into);
    if (nameEnd < 0) return false;
    into.bytes[nameEnd] = 0x3a;
    into.bytes[nameEnd + 1] = 0x20;
    const valueEnd = this.readString(into, nameEnd + 2);
    if (valueEnd < 0) return false;
    if (isIndexed) this.table.add(into.bytes, into.length, nameEnd, valueEnd);
    into.commit(nameEnd, valueEnd);
    return true;
  }

  /** @returns The name's end, or -1. */
  private copyName(index: number, into: DecodedFields): number {
    if (index < 0) return -1;
    if (index <= STATIC_COUNT) return into.copyName(STATIC_TABLE, index * PLACE);
    const age = index - STATIC_COUNT;
    const table: LineStore = this.table;
    return age > this.table.count ? -1 : into.copyName(table, this.table.place(age));
  }

  /** RFC 7541 §5.2. @returns The string's end in `into`, or -1. */
  private readString(into: DecodedFields, at: number): number {
    const { reader } = this;
    const { bytes } = reader;
    const isCoded = reader.at < reader.end && bytes[reader.at]! >= 0x80;
    const length = reader.integer(0x7f);
    const start = reader.at;
    if (length === BAD_INTEGER || length > reader.end - start) return -1;
    reader.at = start + length;
    into.reserve(at, (isCoded ? decodedBytesMax(length) : length) + SEPARATOR_BYTES);
    if (isCoded) return huffmanDecode(bytes, start, start + length, into.bytes, at);
    copyBytes(bytes, start, start + length, into.bytes, at);
    return at + length;
  }
}
