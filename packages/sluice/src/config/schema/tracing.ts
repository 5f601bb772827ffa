/** Traces: which exchanges are recorded. */
import { flag, share } from './scalar.ts';
import { optIn, preset, section } from './section.ts';

const detailed = section("an object such as { sample: '1%' }", {
  sample: preset(share(), '1%').describe('Share of the traces that are kept whatever comes of them.'),
  trustParent: flag()
    .default(true)
    .describe(
      'Continues the trace that `traceparent` of the request names, and keeps it when the client has it kept. `false` where clients are strangers: their trace headers are dropped.',
    ),
  keepErrors: flag().default(true).describe('Keeps every exchange that fails (5xx, cut).'),
  keepSlowest: preset(share(0, 0.1), '1%').describe('Keeps this share of the slowest exchanges of each route.'),
}).meta({ id: 'Tracing', title: 'Tracing', description: 'W3C trace context, and spans for exchanges, attempts, cache and filters.' });

/** Off unless given. Null when off. */
export const tracingSchema = optIn(detailed);
