/** What the heads of requests and responses have in common: a field section, connection options, and how they are refused. */
import type { Fault } from './fault.ts';
import { FAULTS } from './fault.ts';
import { FieldSection, MORE, REFUSED } from './field-section.ts';
import type { BodyKind, ConnectionOptions } from './framing.ts';
import { latin1 } from './text.ts';

/** Limits that a head is held to; config's `Http1Limits` fits. */
export interface HeadLimits {
  /** Request line or status line, CRLF included. */
  readonly requestLineBytesMax: number;
  readonly headerBytesMax: number;
  readonly headersMax: number;
}

export abstract class HeadParser {
  fault: Fault | null = null;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  minorVersion: 0 | 1 = 1;
  bodyKind: BodyKind = 'none';
  /** The value of Upgrade, or null. Only meaningful together with `connection.upgrade`. */
  upgrade: string | null = null;
  readonly connection: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, nominated: '' };
  readonly fields: FieldSection;
  /** Where the field section starts, relative to the head; 0 while the first line is not complete. */
  fieldsStart = 0;

  protected limits: HeadLimits;
  private readonly fieldLimits: { bytesMax: number; countMax: number };

  constructor(limits: HeadLimits) {
    this.limits = limits;
    this.fields = new FieldSection(limits.headersMax);
    this.fieldLimits = { bytesMax: limits.headerBytesMax, countMax: limits.headersMax };
  }

  /** Text of field `index`'s value. `start` is the head's first byte, as for `parse`. */
  value(bytes: Uint8Array, start: number, index: number): string {
    const section = start + this.fieldsStart;
    const at = index << 2;
    return latin1(bytes, section + this.fields.offsets[at + 2]!, section + this.fields.offsets[at + 3]!);
  }

  /** Scans the field section that begins at `section`. @returns As `parse`. */
  protected scanFields(bytes: Uint8Array, section: number, end: number): number {
    const next = this.fields.scan(bytes, section, end, this.fieldLimits, FAULTS.headersLong);
    return next === REFUSED ? this.refuse(this.fields.fault!) : next;
  }

  /** Under which limits the next head is read (`headersMax` at most the capacity). */
  protected limit(limits: HeadLimits): void {
    this.limits = limits;
    this.fieldLimits.bytesMax = limits.headerBytesMax;
    this.fieldLimits.countMax = limits.headersMax;
  }

  protected restart(): void {
    this.fields.reset();
    this.fieldsStart = 0;
    this.fault = null;
  }

  /** Forgets what the fields of the last head said. */
  protected forgetFields(): void {
    this.bodyKind = 'none';
    this.upgrade = null;
    const { connection } = this;
    connection.close = false;
    connection.keepAlive = false;
    connection.upgrade = false;
    connection.nominated = '';
  }

  /** The first line is not complete: wait, unless it has reached its bound. */
  protected more(isBound: boolean): number {
    return isBound ? this.refuse(FAULTS.requestLineLong) : MORE;
  }

  protected refuse(fault: Fault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }
}
