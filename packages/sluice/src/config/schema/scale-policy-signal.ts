/** Signals: the figures that policies scale by. What the balancer sees, what applications report, and what is asked elsewhere. */
import * as z from 'zod';
import type { BuiltInSignal } from '../fleet-plan.ts';
import type { SignalFunction } from '../scaling-facts.ts';
import { choice, duration, text } from './scalar.ts';
import { preset, section } from './section.ts';

/** Signals with a name. */
export const BUILT_IN_SIGNALS = [
  'in-flight',
  'rps',
  'queue-wait',
  'parked',
  'shed',
  'latency',
  'cpu',
  'memory',
  'event-loop',
  'event-loop-delay',
  'jobs',
] as const satisfies readonly BuiltInSignal[];

const URL_ALLOWED = "must be a URL such as 'http://127.0.0.1:9090'";
const url = text('a URL', 2_048).regex(/^https?:\/\/[^\s]+$/, URL_ALLOWED);
const poll = duration('1s', '1h');

/** Whether a figure is a total or a mean. */
export const perSchema = choice(['service', 'instance']);

const PER = '`service`: a total, which instances share; `instance`: a mean, which each has.';

const prometheus = section("an object such as { prometheus: 'http://127.0.0.1:9090', query: 'sum(jobs)' }", {
  prometheus: url.describe('Address of Prometheus, or of what has its API.'),
  query: text('a query', 8_192).describe('PromQL whose answer is one number.'),
  poll: preset(poll, '15s').describe('Between two questions. 15 s is what Prometheus usually scrapes by.'),
  per: preset(perSchema, 'service').describe(PER),
}).meta({ id: 'PrometheusSignal', title: 'Prometheus', description: 'A figure by PromQL.' });

const POINTER_ALLOWED = "must be a JSON pointer such as '/queue/length', or '' for the whole answer";

const byUrl = section("an object such as { url: 'http://127.0.0.1:3000/jobs', pointer: '/waiting' }", {
  url: url.describe('Where a GET is answered with a number, or with JSON that has one.'),
  pointer: text('a JSON pointer', 1_024, 0)
    .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, POINTER_ALLOWED)
    .default('')
    .describe('JSON pointer (RFC 6901) to the number. Without it, the whole answer is one.'),
  poll: preset(poll, '5s').describe('Between two questions.'),
  per: preset(perSchema, 'service').describe(PER),
}).meta({ id: 'UrlSignal', title: 'URL', description: 'A figure by HTTP.' });

const SIGNAL_ALLOWED = `must be one of ${BUILT_IN_SIGNALS.map((word) => `'${word}'`).join(', ')}, { prometheus: URL, query }, { url } or a function`;

/** Not an object of ours: passed on as it is. No JSON is one. */
const byFunction = z
  .custom<SignalFunction>()
  .transform((given, context) => {
    if (typeof given === 'function') return given;
    context.issues.push({ code: 'invalid_type', expected: 'function', message: SIGNAL_ALLOWED, input: given });
    return z.NEVER;
  })
  .meta({ not: {}, 'x-range': 'function (TypeScript and JavaScript)' });

/** What a policy looks at. */
export const signalSchema = z.union([choice(BUILT_IN_SIGNALS), prometheus, byUrl, byFunction], { error: SIGNAL_ALLOWED });
