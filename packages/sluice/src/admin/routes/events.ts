/** What happened lately. */
import { z } from '@hono/zod-openapi';
import { EVENT_LEVELS } from '../../config/observe-plan.ts';
import { choice, count, text, wholeNumber } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { json } from '../problem.ts';
import { event } from '../schemas/observing.ts';

const ID = wholeNumber(0, Number.MAX_SAFE_INTEGER);

export const EVENTS: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/events',
    summary: 'What happened, and why.',
    scope: 'read',
    query: {
      after: ID.default(0).openapi({ description: 'Only later ones than this id.', type: 'integer', minimum: 0, default: 0 }),
      before: ID.optional().openapi({ description: 'Only earlier ones than this id.', type: 'integer', minimum: 0 }),
      level: choice(EVENT_LEVELS).default('info').openapi({ description: 'Only these and worse ones.' }),
      q: text(200).default('').openapi({ description: 'Only those with this text in their name or details.' }),
      limit: count(1, 1_000, 100),
    },
    answers: '`items`, the youngest first; `next` for `before`, or null; `isGap`: some after `after` are not kept any more',
    reply: z.object({ items: z.array(event), next: z.number().nullable(), isGap: z.boolean() }),
    handle: ({ backend }, { query: { after, before = null, level, q, limit } }) => {
      const { entries, isGap } = backend.observe.events.list({ after, before, level, text: q, limit: limit + 1 });
      const items = entries.slice(0, limit);
      return json(200, { items, next: entries.length > limit ? items.at(-1)!.id : null, isGap });
    },
  }),
];
