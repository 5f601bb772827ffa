/**
 * Retries and hedging: second tries, only where RFC 9110 §9.2.2 allows (idempotent, or nothing of the request was sent), never on the same endpoint,
 * under a budget over all workers, so that trouble is not multiplied. Only a gRPC status that is named is retried whatever the method. By default only failures of the connection are retried: a reply of the
 * service, even a 503, is its answer.
 */
import * as z from 'zod';
import { choice, decimal, duration, share, whole } from './scalar.ts';
import { optIn, preset, section } from './section.ts';

/** What a gRPC server may say in its first frame, without having begun to answer. */
const GRPC_RETRY_ON = ['grpc-cancelled', 'grpc-deadline-exceeded', 'grpc-internal', 'grpc-resource-exhausted', 'grpc-unavailable'] as const;

/** What may be retried. */
export const RETRY_ON = ['connect', 'reset', 'timeout', '502', '503', '504', '5xx', '429', ...GRPC_RETRY_ON] as const;

const retry = section('an object about retries', {
  attempts: whole(1, 10).default(2).describe('Attempts in all, the first included.'),
  on: z
    .array(choice(RETRY_ON), { error: `must be a list of ${RETRY_ON.map((word) => `'${word}'`).join(', ')}` })
    .max(RETRY_ON.length, `must have at most ${RETRY_ON.length} entries`)
    .default(['connect', 'reset'])
    .describe(
      'Which failures: `connect` (no connection), `reset` (closed before the reply), `timeout` (no reply head in time), or statuses. Those of gRPC also where a call may not be idempotent: it is for you to know.',
    ),
  backoffBase: preset(duration('0s', '1m'), '25ms').describe('Wait before the first retry; doubles with each, with full jitter.'),
  backoffMax: preset(duration('0s', '1h'), '250ms').describe('The longest wait.'),
  budgetShare: preset(share(), 0.2).describe('Share of the requests that may be retries, over all workers.'),
  budgetMinPerSecond: decimal(0, 1e6)
    .default(10)
    .describe('Retries per second that are always allowed, so that quiet services can retry too.'),
}).meta({ id: 'Retry', title: 'Retry', description: 'Second tries after a failure.' });

/** Retries of a service; `false` is one attempt. */
export const retrySchema = preset(
  z.union([z.literal(false).transform(() => retry.parse({ attempts: 1 })), z.literal(true).transform(() => retry.parse({})), retry], {
    error: 'must be an object, true or false',
  }),
  {},
);

const hedge = section('an object about hedging', {
  percentile: decimal(50, 99.9)
    .default(95)
    .describe("A second copy is sent when the first is slower than this percentile (50..99.9) of the service's latency."),
  delayMin: preset(duration('1ms', '1m'), '5ms').describe('Never earlier than this.'),
  budgetShare: preset(share(0, 0.5), 0.05).describe('Share of the requests that may be hedged.'),
}).meta({ id: 'Hedge', title: 'Hedge', description: 'A second copy of a slow idempotent request; the first reply wins.' });

/** Hedging of a service; off unless given. */
export const hedgeSchema = optIn(hedge);
