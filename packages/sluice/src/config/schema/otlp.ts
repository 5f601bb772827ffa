/** Export by OTLP. */
import * as z from 'zod';
import { choice, duration, flag, text, whole } from './scalar.ts';
import { named, optIn, optional, preset, section } from './section.ts';
import { filePath } from './tls.ts';

const URL_ALLOWED = "must be the collector's URL such as 'http://127.0.0.1:4318'";

const detailed = section("an object such as { url: 'http://127.0.0.1:4318' }", {
  url: z
    .string({ error: URL_ALLOWED })
    .max(2_048, URL_ALLOWED)
    .regex(/^https?:\/\/[^\s?#]+$/, URL_ALLOWED)
    .describe('The collector, for OTLP over HTTP; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added.'),
  headers: preset(named('an object of texts', text('a header name', 256), text('a text', 8_192)), {}).describe(
    'Sent with each export: keys of a vendor, say. Secret.',
  ),
  ca: filePath('a PEM file').optional().describe('PEM file with the authority of the collector, when it is a private one.'),
  timeout: preset(duration('100ms', '1m'), '10s').describe('For each export.'),
  compression: choice(['none', 'gzip']).default('gzip').describe('Of what is sent.'),
  resource: preset(named('an object of texts', text('an attribute name', 256), text('a text', 1_024)), {}).describe(
    "Attributes of all that is sent, such as `{ 'deployment.environment.name': 'production' }`. `service.name` is `sluice` unless it stands here.",
  ),
  traces: flag().default(true).describe('Exports spans; `tracing` says which there are.'),
  metrics: optIn(
    section("an object such as { every: '30s' }", {
      every: preset(duration('1s', '10m'), '30s').describe('How often.'),
    }),
  ).describe('Exports metrics.'),
  logs: flag().default(false).describe('Exports events.'),
  queue: whole(100, 100_000)
    .default(4_096)
    .describe('Spans, and events, that wait while the collector is away; more are dropped, and counted.'),
}).meta({ id: 'Otlp', title: 'OTLP', description: 'Export of traces, metrics and events to an OpenTelemetry collector.' });

/** Off unless given. Null when off. */
export const otlpSchema = optional(detailed, "an object such as { url: 'http://127.0.0.1:4318' }");
