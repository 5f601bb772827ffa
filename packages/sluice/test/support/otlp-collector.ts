/** A collector that takes OTLP/HTTP in JSON, keeps what it took, and can be told to fail in every way that one does. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

export interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly startTimeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code: number; readonly message?: string };
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly aggregationTemporality: number; readonly isMonotonic: boolean; readonly dataPoints: readonly OtlpPoint[] };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly OtlpPoint[] };
}

export interface OtlpLog {
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: { readonly stringValue: string };
  readonly eventName: string;
  readonly attributes: readonly OtlpAttribute[];
}

/** One request that was taken. */
export interface OtlpRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly resource: readonly OtlpAttribute[];
  readonly spans: readonly OtlpSpan[];
  readonly metrics: readonly OtlpMetric[];
  readonly logs: readonly OtlpLog[];
}

/** What it does with a request: takes it (with this reply), answers with an error, or never answers. */
export type Mood = { readonly reply: string } | { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | 'hang';

interface Sent {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] };
  readonly scopeSpans?: readonly { readonly spans: readonly OtlpSpan[] }[];
  readonly scopeMetrics?: readonly { readonly metrics: readonly OtlpMetric[] }[];
  readonly scopeLogs?: readonly { readonly logRecords: readonly OtlpLog[] }[];
}

export const TAKES: Mood = { reply: '{"partialSuccess":{}}' };

export class OtlpCollector implements AsyncDisposable {
  mood: Mood = TAKES;
  /** Requests of any outcome. */
  asked = 0;
  readonly taken: OtlpRequest[] = [];
  readonly #server: Server;
  readonly #isTls: boolean;
  readonly #waiters = new Set<() => void>();

  /** @param tls PEM; null: HTTP in the clear. */
  static async start(port = 0, tls: { readonly cert: string; readonly key: string } | null = null): Promise<OtlpCollector> {
    const collector = new OtlpCollector(tls);
    collector.#server.listen(port, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  private constructor(tls: { readonly cert: string; readonly key: string } | null) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response);
    this.#isTls = tls !== null;
    this.#server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get spans(): readonly OtlpSpan[] {
    return this.taken.flatMap(({ spans }) => spans);
  }

  get logs(): readonly OtlpLog[] {
    return this.taken.flatMap(({ logs }) => logs);
  }

  /** Waits until it holds, looking after each request. */
  async until(what: string, holds: () => boolean, waitMs = 20_000): Promise<void> {
    const deadline = setTimeout(() => this.#wake(), waitMs);
    const until = Date.now() + waitMs;
    while (!holds()) {
      if (Date.now() >= until) throw new Error(`not within ${waitMs} ms: ${what}; ${this.asked} requests, ${this.taken.length} taken`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
    clearTimeout(deadline);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    this.asked++;
    const { mood } = this;
    if (mood !== 'hang') {
      if ('status' in mood) response.writeHead(mood.status, mood.headers).end();
      else {
        this.taken.push(read(request, Buffer.concat(parts)));
        response.writeHead(200, { 'content-type': 'application/json' }).end(mood.reply);
      }
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

/** An attribute as plain data; undefined where there is none. */
export function attribute(attributes: readonly OtlpAttribute[], key: string): string | number | boolean | undefined {
  const value = attributes.find((one) => one.key === key)?.value;
  return value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue;
}

function read({ url = '', headers }: IncomingMessage, body: Buffer): OtlpRequest {
  const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
  const sent = JSON.parse(text) as Readonly<Record<string, readonly Sent[]>>;
  const all = [...(sent['resourceSpans'] ?? []), ...(sent['resourceMetrics'] ?? []), ...(sent['resourceLogs'] ?? [])];
  return {
    path: url,
    headers,
    resource: all.flatMap(({ resource }) => resource.attributes),
    spans: all.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans }) => spans)),
    metrics: all.flatMap(({ scopeMetrics = [] }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    logs: all.flatMap(({ scopeLogs = [] }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  };
}
