/**
 * Sends spans that workers have written already. OpenTelemetry's exporters would have to be given an object for each span, which they turn into JSON: 100 µs for a trace, where joining texts takes one. Nothing of theirs
 * is needed for it, so no package is loaded either. Compressed at level 1: 1.2 µs per span; level 6 takes three times as long and saves 5 %.
 */
import type * as nodeHttp from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import type { CollectorAgent } from './collector-agent.ts';
import { type Delivery, failed, late } from './delivery.ts';
import { HeardReply } from './heard-reply.ts';

export interface SpanRequestOptions {
  /** With `/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: CollectorAgent;
  readonly isCompressed: boolean;
  readonly timeoutMs: number;
  /** Of the sender. */
  readonly version: string;
  readonly resource: Readonly<Record<string, string | number>>;
  /** Unix milliseconds. */
  readonly wall: () => number;
}

const compress = promisify(gzip);

export class SpanRequest implements Disposable {
  readonly #options: SpanRequestOptions;
  /** What stands before and after the spans of each request. */
  readonly #start: string;
  readonly #end = ']}]}]}';
  #isClosed = false;

  constructor(options: SpanRequestOptions) {
    this.#options = options;
    const resource = JSON.stringify({
      attributes: Object.entries(options.resource).map(([key, value]) => ({ key, value: valueOf(value) })),
    });
    const scope = JSON.stringify({ name: 'sluice', version: options.version });
    this.#start = `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":${scope},"spans":[`;
  }

  async send(batches: readonly SpanBatch[]): Promise<Delivery> {
    const text = this.#start + batches.map(({ json }) => json).join(',') + this.#end;
    const { isCompressed } = this.#options;
    const body = isCompressed ? await compress(text, { level: constants.Z_BEST_SPEED }) : Buffer.from(text);
    return this.#post(body, false);
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#options.agent.reset();
  }

  /** @param isAgain A kept connection may have been closed as the request left: then it goes once more, over a new one. */
  #post(body: Buffer, isAgain: boolean): Promise<Delivery> {
    const { timeoutMs, wall } = this.#options;
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    const reply = new HeardReply();
    const request = this.#open(body.length);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolve(late(timeoutMs));
      request.destroy();
    }, timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      const isStale = request.reusedSocket && reply.status === 0 && !isAgain && !isLate && !this.#isClosed;
      resolve(isStale ? this.#post(body, true) : failed(reply, error, wall()));
    };
    reply.hear(request);
    request.once('error', fail);
    request.once('response', (message) => {
      message.once('error', fail);
      message.once('end', () => {
        clearTimeout(timer);
        resolve(reply.status >= 200 && reply.status < 300 ? { end: 'taken', ...reply.partial() } : failed(reply, undefined, wall()));
      });
    });
    request.end(body);
    return promise;
  }

  #open(length: number): nodeHttp.ClientRequest {
    const { url, headers, agent, isCompressed, version } = this.#options;
    const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
    const common = { 'user-agent': `sluice/${version}`, 'content-type': 'application/json', 'content-length': length };
    return request(url, {
      method: 'POST',
      agent: agent.agent,
      headers: { ...headers, ...common, ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) },
    });
  }
}

function valueOf(value: string | number): object {
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
}
