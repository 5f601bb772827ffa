/** The OpenTelemetry packages. Optional peers, loaded with the first export of metrics or events: 0.1 to 0.6 s and some megabytes that nobody pays who exports nothing. */
import type * as Api from '@opentelemetry/api';
import type * as LogsExporter from '@opentelemetry/exporter-logs-otlp-http';
import type * as MetricsExporter from '@opentelemetry/exporter-metrics-otlp-http';
import type * as Resources from '@opentelemetry/resources';
import type * as SdkMetrics from '@opentelemetry/sdk-metrics';
import { OtlpFault } from './otlp-fault.ts';

export interface OtlpPackages {
  readonly api: typeof Api;
  readonly resources: typeof Resources;
  readonly sdkMetrics: typeof SdkMetrics;
  readonly metrics: typeof MetricsExporter;
  readonly logs: typeof LogsExporter;
}

const NAMES = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-logs',
  '@opentelemetry/exporter-metrics-otlp-http',
  '@opentelemetry/exporter-logs-otlp-http',
];

/** @throws {OtlpFault} where one is missing. */
export async function loadOtlpPackages(): Promise<OtlpPackages> {
  try {
    const [api, resources, sdkMetrics, metrics, logs] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
      import('@opentelemetry/exporter-logs-otlp-http'),
    ]);
    return { api, resources, sdkMetrics, metrics, logs };
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new OtlpFault(`export by OTLP needs packages of OpenTelemetry: ${reason.slice(0, 300)}`, `npm install ${NAMES.join(' ')}`, {
      cause: error,
    });
  }
}
