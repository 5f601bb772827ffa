/**
 * A collector, spoken to by OTLP over HTTP: for metrics and events with the exporters of OpenTelemetry's packages, for spans without. They are only the wire: what waits, what is tried again and what is given up is
 * decided by who calls. Within one export's time the packages try again by themselves where the collector asks for it (429, 502, 503, 504) or is not there.
 */
import { readFile } from 'node:fs/promises';
import type { Resource } from '@opentelemetry/resources';
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { ExpositionInput } from '../../observe/exposition.ts';
import { type CollectorAgent, collectorAgent } from './collector-agent.ts';
import { type Delivery, failed, late } from './delivery.ts';
import { HeardReply } from './heard-reply.ts';
import { readableLog } from './log-data.ts';
import { resourceMetrics } from './metric-data.ts';
import { loadOtlpPackages, type OtlpPackages } from './otlp-packages.ts';
import { SpanRequest } from './span-request.ts';

export interface CollectorOptions {
  readonly plan: OtlpPlan;
  readonly version: string;
  /** Attributes of all that is sent; those of the plan go first. */
  readonly resource: Readonly<Record<string, string | number>>;
  /** Unix milliseconds. */
  readonly wall: () => number;
}

interface Lane {
  readonly exporter: Exporter;
  readonly agent: CollectorAgent;
}

/** What the exporters have in common. */
interface Exporter {
  export(items: unknown, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

type Signal = 'metrics' | 'logs';

interface Opened {
  readonly packages: OtlpPackages;
  readonly resource: Resource;
  readonly lanes: Readonly<Record<Signal, Lane>>;
}

const SUCCESS = 0;
/** Beyond the exporter's own timeout, which each byte begins anew. */
const GRACE_MS = 500;

export class Collector implements Disposable {
  readonly #options: CollectorOptions;
  readonly #scope: { readonly name: string; readonly version: string };
  #opening: Promise<Opened> | null = null;
  #opened: Opened | null = null;
  #spans: SpanRequest | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#scope = { name: 'sluice', version: options.version };
  }

  /** Sends spans. */
  async sendSpans(batches: readonly SpanBatch[]): Promise<Delivery> {
    try {
      this.#spans ??= await this.#openSpans();
    } catch (error) {
      if (isFileFault(error)) return { end: 'away', reason: error.message, afterMs: null };
      throw error;
    }
    return this.#spans.send(batches);
  }

  /** @throws {OtlpFault} where a package is missing, as `sendMetrics`. */
  sendEvents(items: readonly EventEntry[]): Promise<Delivery> {
    return this.#send('logs', ({ resource }) => items.map((item) => readableLog(item, resource, this.#scope)));
  }

  sendMetrics(read: () => ExpositionInput): Promise<Delivery> {
    return this.#send('metrics', ({ packages, resource }) =>
      resourceMetrics(read(), { packages, resource, scope: this.#scope, nowMs: this.#options.wall() }),
    );
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#spans?.[Symbol.dispose]();
    for (const { agent } of Object.values(this.#opened?.lanes ?? {})) agent.reset();
  }

  async #send(signal: Signal, items: (opened: Opened) => unknown): Promise<Delivery> {
    let opened: Opened;
    try {
      this.#opening ??= this.#open();
      opened = this.#opened = await this.#opening;
    } catch (error) {
      this.#opening = null;
      if (isFileFault(error)) return { end: 'away', reason: error.message, afterMs: null };
      throw error;
    }
    return this.#export(opened.lanes[signal], items(opened));
  }

  #export({ exporter, agent }: Lane, items: unknown): Promise<Delivery> {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    const reply = new HeardReply();
    agent.listen(reply);
    const timer = setTimeout(() => {
      agent.reset();
      resolve(late(this.#options.plan.timeoutMs));
    }, this.#options.plan.timeoutMs + GRACE_MS);
    exporter.export(items, ({ code, error }) => {
      clearTimeout(timer);
      resolve(code === SUCCESS ? { end: 'taken', ...reply.partial() } : failed(reply, error, this.#options.wall()));
    });
    return promise;
  }

  async #openSpans(): Promise<SpanRequest> {
    const { plan, version, resource, wall } = this.#options;
    const { headers, timeoutMs, url } = plan;
    return new SpanRequest({
      url: `${url.replace(/\/+$/, '')}/v1/traces`,
      headers,
      agent: collectorAgent(new URL(url).protocol, await this.#authority()),
      isCompressed: plan.compression === 'gzip',
      timeoutMs,
      version,
      resource: { ...resource, ...plan.resource },
      wall,
    });
  }

  #authority(): Promise<string> | null {
    const { caFile } = this.#options.plan;
    return caFile === null ? null : readFile(caFile, 'utf8');
  }

  async #open(): Promise<Opened> {
    const { plan, version, resource } = this.#options;
    const caPem = await this.#authority();
    const packages = await loadOtlpPackages();
    const base = plan.url.replace(/\/+$/, '');
    const lane = (path: string, make: (config: LaneConfig) => Exporter): Lane => {
      const agent = collectorAgent(new URL(plan.url).protocol, caPem);
      const { headers, timeoutMs: timeoutMillis } = plan;
      // An enum of a package that is not ours to import; its values are these texts.
      const compression = plan.compression as NonNullable<LaneConfig['compression']>;
      const userAgent = `sluice/${version}`;
      const exporter = make({
        url: base + path,
        headers: { ...headers },
        timeoutMillis,
        compression,
        userAgent,
        httpAgentOptions: () => agent.agent,
      });
      return { agent, exporter };
    };
    return {
      packages,
      resource: packages.resources.resourceFromAttributes({ ...resource, ...plan.resource }),
      lanes: {
        metrics: lane('/v1/metrics', (config) => new packages.metrics.OTLPMetricExporter(config)),
        logs: lane('/v1/logs', (config) => new packages.logs.OTLPLogExporter(config)),
      },
    };
  }
}

type LaneConfig = NonNullable<ConstructorParameters<OtlpPackages['metrics']['OTLPMetricExporter']>[0]>;

function isFileFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'open';
}
