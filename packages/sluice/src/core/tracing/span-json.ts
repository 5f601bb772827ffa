/**
 * Writes spans as OTLP's JSON by joining text: what stands around a value is made once for each attribute, values are escaped by `JSON.stringify`. Numbers of 64 bits are texts there, ids hexadecimal.
 * About 60 ns per attribute.
 */
import type { SpanBatch } from './span-batch.ts';

/** As OTLP counts them: internal 1, server 2, client 3. */
export type SpanKind = 1 | 2 | 3;

/** What stands before an attribute's value: made once per name. */
export function attributeStart(name: string, type: 'string' | 'int' | 'double' | 'bool'): string {
  return `{"key":${JSON.stringify(name)},"value":{"${type}Value":`;
}

/** Of an attribute and of a name: what strangers send may be as long as a head, and thousands of spans wait where the collector is away. */
const TEXT_CHARACTERS_MAX = 1_024;
/** A batch is full from so many on; the spans of a trace stay together. */
const SPANS_FULL = 32;
/** SAMPLED, and that it is known whether the parent is elsewhere (`SpanFlags` of OTLP). */
const FLAGS_OWN = 0x101;
const FLAGS_REMOTE_PARENT = 0x301;

export class SpanJson {
  private text = '';
  private count = 0;
  private hasAttributes = false;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get isFull(): boolean {
    return this.count >= SPANS_FULL;
  }

  /**
   * Begins a span; `end` must follow.
   * @param traceState Empty for none. @param parentId Empty for none. @param isRemote Whether the parent is a span of somebody else's.
   */
  begin(traceId: string, spanId: string, parentId: string, isRemote: boolean, traceState: string): void {
    let text = this.count++ === 0 ? '' : ',';
    text += `{"traceId":"${traceId}","spanId":"${spanId}","flags":${isRemote ? FLAGS_REMOTE_PARENT : FLAGS_OWN}`;
    if (parentId !== '') text += `,"parentSpanId":"${parentId}"`;
    if (traceState !== '') text += `,"traceState":${JSON.stringify(traceState)}`;
    this.text += text;
  }

  /** @param startMs Unix milliseconds with fractions, as `endMs`. */
  describe(name: string, kind: SpanKind, startMs: number, endMs: number): void {
    this.text += `,"name":${JSON.stringify(bounded(name))},"kind":${kind},"startTimeUnixNano":"${nanoseconds(startMs)}","endTimeUnixNano":"${nanoseconds(Math.max(startMs, endMs))}","attributes":[`;
    this.hasAttributes = false;
  }

  /** Nothing for an empty value; of a long one its beginning. */
  put(start: string, value: string): void {
    if (value !== '') this.attribute(start, JSON.stringify(bounded(value)));
  }

  /** @param value Finite. */
  putNumber(start: string, value: number): void {
    this.attribute(start, String(value));
  }

  putFlag(start: string, value: boolean): void {
    this.attribute(start, value ? 'true' : 'false');
  }

  /** @param error Why it failed; empty: it did not. */
  end(error: string): void {
    this.text += error === '' ? '],"status":{"code":0}}' : `],"status":{"code":2,"message":${JSON.stringify(error)}}}`;
  }

  /** Gives away what was written. */
  take(): SpanBatch {
    const batch = { json: this.text, spans: this.count };
    this.text = '';
    this.count = 0;
    return batch;
  }

  private attribute(start: string, value: string): void {
    this.text += this.hasAttributes ? `,${start}${value}}}` : `${start}${value}}}`;
    this.hasAttributes = true;
  }
}

function bounded(text: string): string {
  return text.length > TEXT_CHARACTERS_MAX ? text.slice(0, TEXT_CHARACTERS_MAX) : text;
}

/** A double has today's milliseconds to a quarter of a microsecond, and cannot hold nanoseconds: seconds and the rest are written one after the other. */
function nanoseconds(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const rest = Math.min(Math.round((ms - seconds * 1_000) * 1e6), 999_999_999);
  return String(seconds) + String(1_000_000_000 + rest).slice(1);
}
