/**
 * What a collector answered, of which the packages' exporters tell less than is needed: they keep `Retry-After` to themselves, and log a partial success where nobody looks
 * (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Response"). So each reply is heard where the agent opens its request. At most 64 KiB of one are read.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { retryAfterMs } from '../acme/retry-after.ts';

const BODY_BYTES_MAX = 65_536;

export class HeardReply {
  /** 0: none came. */
  status = 0;
  #retryAfter: string | undefined;
  #parts: Buffer[] = [];
  #size = 0;

  /** The exporter tries again by itself within its time: the last reply counts. */
  hear(request: ClientRequest): void {
    request.once('response', (reply: IncomingMessage) => {
      this.status = reply.statusCode ?? 0;
      this.#retryAfter = reply.headers['retry-after'];
      this.#parts = [];
      this.#size = 0;
      reply.on('data', (part: Buffer) => this.#take(part));
    });
  }

  /** The wait that the collector asks for, in milliseconds; null: none. */
  afterMs(nowMs: number): number | null {
    return retryAfterMs(this.#retryAfter, nowMs);
  }

  /** What it did not take of a request that succeeded as a whole. */
  partial(): { readonly rejected: number; readonly reason: string } {
    const body = readObject(Buffer.concat(this.#parts).toString('utf8'))?.['partialSuccess'];
    const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = (body ?? {}) as Readonly<Record<string, unknown>>;
    // 64-bit numbers are texts in protobuf's JSON.
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
    return {
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      reason: typeof errorMessage === 'string' ? errorMessage.slice(0, 200) : '',
    };
  }

  #take(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= BODY_BYTES_MAX) this.#parts.push(part);
  }
}

function readObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
