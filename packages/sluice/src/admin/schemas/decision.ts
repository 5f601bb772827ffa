/** Why a service has as many instances as it has. */
import { z } from '@hono/zod-openapi';
import type { BoundApplied, Decision, PolicyAnswer, VictimRecord } from '../../core/scaling/decision.ts';
import { same } from './same.ts';

const answer = same<PolicyAnswer>()(
  'PolicyAnswer',
  z.object({
    policy: z.string(),
    figure: z.number().nullable().openapi({ description: 'What it looked at, as averaged; null: unknown, or it looks at none.' }),
    target: z.number().nullable(),
    wanted: z.number().nullable().openapi({ description: 'Instances; null: no opinion now.' }),
    holds: z.boolean().openapi({ description: 'It asks that nothing is taken away.' }),
    detail: z.string(),
  }),
);

const bound = same<BoundApplied>()(
  'BoundApplied',
  z.object({
    bound: z.enum([
      'tolerance',
      'hold',
      'stabilization',
      'rate',
      'cooldown',
      'schedule-min',
      'schedule-max',
      'min',
      'max',
      'idle',
      'budget',
      'cost',
      'manual',
      'deploy',
      'protected',
    ]),
    from: z.number(),
    to: z.number(),
    detail: z.string(),
  }),
);

const victim = same<VictimRecord>()(
  'VictimRecord',
  z.object({
    id: z.string(),
    isChosen: z.boolean(),
    inflight: z.number(),
    version: z.string(),
    isProtected: z.boolean(),
    ageSeconds: z.number(),
  }),
);

export const decision = same<Decision>()(
  'Decision',
  z.object({
    service: z.string(),
    at: z.number().openapi({ description: 'Unix milliseconds.' }),
    counts: z.object({ wanted: z.number(), ready: z.number(), warm: z.number(), starting: z.number() }),
    answers: z.array(answer),
    winner: z.string().nullable().openapi({ description: 'The policy whose answer was the largest; null: none had one.' }),
    raw: z.number(),
    bounds: z.array(bound),
    wanted: z.number(),
    action: z.enum(['none', 'out', 'in', 'sleep', 'wake']),
    reason: z.string(),
    victims: z.array(victim),
  }),
);
