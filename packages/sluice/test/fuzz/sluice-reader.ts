/**
 * Reads the bytes of a connection as the gateway does: heads from a buffer that grows and moves, bodies piece by piece. Each step gets
 * a fresh buffer that ends where the bytes so far end, at another offset, so that a look past the end or a stale offset shows.
 */
import { BodyDecoder, type BodySink } from '../../src/core/http1/body-decoder.ts';
import type { FieldSection } from '../../src/core/http1/field-section.ts';
import { RequestParser } from '../../src/core/http1/request-parser.ts';
import { parseTarget } from '../../src/core/http1/target.ts';
import { normalizeHost } from '../../src/core/routing/host.ts';
import { normalizePath } from '../../src/core/routing/path.ts';
import type { ReadRequest, Reading } from './reading.ts';

const limits = {
  requestLineBytesMax: 8192,
  headerBytesMax: 32_768,
  headersMax: 100,
  trailerBytesMax: 8192,
  chunkExtensionBytesMax: 4096,
};

const MORE = -1;
const PADDING_MAX = 7;

/** One connection's worth of codec. */
class Reader implements BodySink {
  readonly reading: Reading = { requests: [], fault: null, isClosed: false };
  private readonly parser = new RequestParser(limits);
  private readonly decoder = new BodyDecoder(limits);
  private readonly bodyParts: string[] = [];
  private current: ReadRequest | null = null;
  /** Bytes from the start of the head that is being read; empty inside a body. */
  private held = Buffer.alloc(0);
  private padding = 0;

  constructor() {
    this.parser.begin(limits);
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.bodyParts.push((bytes as Buffer).toString('latin1', start, end));
  }

  /** Takes the next piece; false when nothing more may come. */
  feed(piece: Buffer): boolean {
    this.padding = (this.padding + 3) % PADDING_MAX;
    const buffer = Buffer.concat([Buffer.alloc(this.padding, 0x58), this.held, piece]);
    this.held = Buffer.alloc(0);
    let at = this.padding;
    while (this.reading.fault === null && !this.reading.isClosed) {
      const next = this.current === null ? this.readHead(buffer, at) : this.readBody(buffer, at, this.current);
      if (next < 0) return this.reading.fault === null && !this.reading.isClosed;
      at = next;
      if (at === buffer.length) break;
    }
    return this.reading.fault === null && !this.reading.isClosed;
  }

  private readHead(buffer: Buffer, start: number): number {
    const next = this.parser.parse(buffer, start, buffer.length);
    if (next === MORE) this.held = Buffer.from(buffer.subarray(start));
    if (next < 0) return this.stop(this.parser.fault?.code ?? null);
    const { method, target, minorVersion, bodyKind } = this.parser;
    if (!isTargetSound(method, target, this.parser.host)) return this.stop('target');
    const fields = pairs(this.parser.fields, buffer, start + this.parser.fieldsStart);
    this.current = { method, target, minorVersion, fields, body: '', trailers: [], isComplete: false };
    this.reading.requests.push(this.current);
    this.decoder.start(bodyKind, this.parser.contentLength);
    if (this.decoder.isDone) this.finish(this.current);
    return next;
  }

  private readBody(buffer: Buffer, start: number, request: ReadRequest): number {
    const next = this.decoder.feed(buffer, start, buffer.length, this);
    request.body += this.bodyParts.join('');
    this.bodyParts.length = 0;
    if (next < 0) return this.stop(this.decoder.fault?.code ?? 'refused without a fault');
    if (this.decoder.isDone) this.finish(request);
    return next;
  }

  private finish(request: ReadRequest): void {
    const { trailers } = this.decoder;
    if (trailers !== null) request.trailers = pairs(trailers.fields, trailers.bytes, 0);
    request.isComplete = true;
    this.current = null;
    const { close, keepAlive, upgrade } = this.parser.connection;
    const isHandedOver = request.method === 'CONNECT' || (upgrade && this.parser.upgrade !== null);
    this.reading.isClosed = close || (request.minorVersion === 0 && !keepAlive) || isHandedOver;
    this.parser.begin(limits);
  }

  private stop(fault: string | null): number {
    this.reading.fault = fault;
    return -1;
  }
}

function pairs(fields: FieldSection, bytes: Uint8Array, section: number): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const list: string[] = [];
  for (let at = 0; at < fields.count * 4; at += 2) {
    list.push(text.toString('latin1', section + fields.offsets[at]!, section + fields.offsets[at + 1]!));
  }
  return list;
}

/** The target's form, and the hosts and the path that routing would take from it. */
function isTargetSound(method: string, target: string, host: string | null): boolean {
  const parts = parseTarget(method, target);
  if (parts === null) return false;
  if (host !== null && normalizeHost(host) === null) return false;
  if (parts.authority !== null && normalizeHost(parts.authority) === null) return false;
  return !parts.path.startsWith('/') || normalizePath(parts.path, { mergeSlashes: false, encodedSlashes: 'reject' }) !== null;
}

/** Reads the bytes cut at the given places (ascending). */
export function readWithSluice(bytes: Buffer, cuts: readonly number[] = []): Reading {
  const reader = new Reader();
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from && !reader.feed(bytes.subarray(from, cut))) break;
    from = Math.max(from, cut);
  }
  return reader.reading;
}
