/**
 * Passive health: endpoints that fail real requests are left out for a while (Envoy's outlier detection). On by default, because it costs nothing, needs
 * no knowledge of the service and sees failures between two probes. By default it counts only what a healthy service never does five times in a row:
 * connections that fail and gateway errors (502, 503, 504). A plain 500 is usually one bad request, and ejecting for it would carry that request from
 * endpoint to endpoint, so that rule is opt-in. Half of the endpoints at most are out at once: what fails everywhere is not an endpoint's fault.
 */
import * as z from 'zod';
import { decimal, duration, share, whole } from './scalar.ts';
import { optIn, preset, section } from './section.ts';

const successRate = section('an object', {
  minimumHosts: whole(2, 10_000).default(5).describe('Endpoints with enough requests that the comparison needs.'),
  requestVolume: whole(1, 1_000_000).default(100).describe('Requests in an interval that make an endpoint comparable.'),
  stdevFactor: decimal(0.1, 10).default(1.9).describe('Ejects below mean − factor × standard deviation of the success rates.'),
}).meta({ id: 'SuccessRate', title: 'Success rate', description: 'Ejects endpoints that fail more than their peers.' });

const latency = section('an object', {
  minimumHosts: whole(2, 10_000).default(3).describe('Endpoints with enough requests that the comparison needs.'),
  requestVolume: whole(1, 1_000_000).default(20).describe('Requests in an interval that make an endpoint comparable.'),
  factor: decimal(1.1, 1000).default(3).describe("Ejects above factor × the median of its peers' mean latencies."),
}).meta({ id: 'LatencyOutlier', title: 'Latency', description: 'Ejects endpoints that are slower than their peers.' });

const detailed = section('an object', {
  consecutive5xx: whole(0, 10_000).default(0).describe('Replies of 500 and above in a row, and local errors. 0 turns the rule off.'),
  consecutiveGatewayErrors: whole(0, 10_000).default(5).describe('Replies of 502, 503 or 504 in a row. 0 turns the rule off.'),
  consecutiveLocalErrors: whole(0, 10_000)
    .default(5)
    .describe('Connections in a row that were refused, reset or timed out. 0 turns the rule off.'),
  interval: preset(duration('100ms', '1h'), '10s').describe('How often ejections are reviewed and peers compared.'),
  baseEjection: preset(duration('100ms', '24h'), '30s').describe('An endpoint stays out for this × the times it was ejected lately.'),
  maxEjection: preset(duration('100ms', '24d'), '5m').describe('It never stays out longer than this.'),
  maxEjectedShare: preset(share(), 0.5).describe('Share of the endpoints that may be out at once; one always may.'),
  successRate: optIn(successRate).describe('Compares success rates.'),
  latency: optIn(latency).describe('Compares latencies.'),
}).meta({ id: 'Outlier', title: 'Outlier', description: 'When an endpoint that fails real requests is left out.' });

/** Outlier rules of a service; on with the defaults above unless `false`. */
export const outlierSchema = preset(
  z.union([z.literal(false).transform(() => null), z.literal(true).transform(() => detailed.parse({})), detailed], {
    error: 'must be an object, true or false',
  }),
  {},
);
