/** How `fault` is written. */
import * as z from 'zod';
import type { FaultPlan } from '../../filters/fault-plan.ts';
import { choice, duration, share, whole } from '../scalar.ts';
import { preset, section } from '../section.ts';

const delay = section("an object such as { by: '100ms', share: '10%' }", {
  by: duration('1ms', '5m').describe('How long.'),
  spread: preset(duration('0s', '5m'), '0s').describe('Up to this much longer, by chance.'),
  share: preset(share(), 1).describe('Of requests.'),
}).meta({ id: 'FaultDelay', title: 'Delay', description: 'Requests are held up before they go on.' });

const abort = section("an object such as { status: 503, share: '1%' }", {
  status: z
    .union([whole(400, 599), z.literal('reset')], { error: "must be a status 400..599, or 'reset'" })
    .default(503)
    .describe('Answered; `reset`: the connection, or the stream, is.'),
  share: preset(share(), 1).describe('Of requests.'),
}).meta({ id: 'FaultAbort', title: 'Abort', description: 'Requests do not reach the service.' });

export const faultSchema = section("an object such as { delay: { by: '100ms', share: '10%' } }", {
  delay: delay.optional().describe('Holds requests up.'),
  abort: abort.optional().describe('Answers in place of the service, after the delay if there is one.'),
  header: choice(['none', 'trusted', 'any'])
    .default('none')
    .describe(
      'Whose requests may ask for faults by `x-sluice-fault-delay` (milliseconds) and `x-sluice-fault-abort` (a status, or `reset`).',
    ),
  delayedMax: whole(1, 1_000_000).default(10_000).describe('Requests that are held up at a time in a worker; more go on.'),
})
  .transform(({ delay: held, abort: ended, header, delayedMax }): FaultPlan => ({
    delay: held === undefined ? null : { ms: held.by, spreadMs: held.spread, share: held.share },
    abort: ended === undefined ? null : { kind: ended.status, share: ended.share },
    header,
    delayedMax,
  }))
  .meta({ id: 'FaultFilter', title: 'Faults', description: 'Plays a service that is slow or broken, for a share of requests.' });
