/** Sluice as a whole: whether it serves, its state, its configuration read again, who asks and what was asked. */
import { z } from '@hono/zod-openapi';
import { EVENT_LEVELS, SCOPES } from '../../config/observe-plan.ts';
import { count, choice, wholeNumber } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { json, problem } from '../problem.ts';
import { reloaded } from '../schemas/answers.ts';
import { auditEntry } from '../schemas/observing.ts';
import { status } from '../schemas/status.ts';

const LEVEL = choice(EVENT_LEVELS);

export const PROGRAM: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/healthz',
    summary: 'Whether Sluice serves.',
    scope: 'read',
    answers: '`ready`; 503 says `starting` or `draining`',
    type: 'text/plain',
    reply: z.string(),
    handle: ({ backend }) => {
      const state = backend.health();
      return { status: state === 'ready' ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${state}\n` };
    },
  }),
  operation({
    method: 'get',
    path: '/metrics',
    summary: 'Metrics.',
    scope: 'read',
    answers: 'Prometheus text, or OpenMetrics where `Accept` asks for it',
    type: 'text/plain',
    reply: z.string(),
    handle: ({ backend }, { request }) => ({ status: 200, ...backend.metrics(request.headers.get('accept') ?? '') }),
  }),
  operation({
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This description.',
    scope: 'read',
    answers: 'an OpenAPI 3.1 document',
    reply: z.record(z.string(), z.unknown()),
    handle: ({ document }) => json(200, document()),
  }),
  operation({
    method: 'get',
    path: '/api/me',
    summary: 'Who asks, and what they may do.',
    scope: 'read',
    answers: 'the name of the token or certificate, and its scope',
    reply: z.object({ name: z.string(), scope: z.enum(SCOPES) }).openapi('Me'),
    handle: (_, { caller: { name, scope } }) => json(200, { name, scope }),
  }),
  operation({
    method: 'get',
    path: '/api/status',
    summary: 'Listeners, services, endpoints, routes and instances.',
    scope: 'read',
    answers: 'states, counts, latencies; counts and percentiles are since the start, or since the name appeared',
    reply: status,
    hasTag: true,
    handle: ({ backend }) => json(200, backend.status()),
  }),
  operation({
    method: 'post',
    path: '/api/reload',
    summary: 'Reads the configuration again and applies what differs.',
    scope: 'admin',
    action: 'reload',
    matches: 'plan',
    answers: 'when every worker runs it; 422 has every fault, and the old one runs on',
    reply: reloaded,
    handle: async ({ backend }, { caller, changed }) => {
      const before = backend.status().generation;
      const result = await backend.reload(`api:${caller.name}`);
      if (!result.ok) return problem(422, 'the new configuration is wrong; the old one runs on', { faults: result.faults });
      changed({ generation: before }, { generation: result.generation });
      return json(200, result);
    },
  }),
  operation({
    method: 'get',
    path: '/api/log-level',
    summary: 'Which events are printed.',
    scope: 'read',
    answers: '`level`: the least that is',
    reply: z.object({ level: z.enum(EVENT_LEVELS) }),
    handle: ({ backend }) => json(200, { level: backend.observe.events.level }),
  }),
  operation({
    method: 'put',
    path: '/api/log-level',
    summary: 'Prints other events from now on, until a reload says otherwise.',
    scope: 'operate',
    action: 'log-level',
    body: { level: LEVEL },
    example: '{"level":"warn"}',
    answers: 'the level that is',
    reply: z.object({ level: z.enum(EVENT_LEVELS) }),
    handle: ({ backend: { observe } }, { body: { level }, changed }) => {
      changed({ level: observe.events.level }, { level });
      observe.events.setLevel(level);
      return json(200, { level });
    },
  }),
  operation({
    method: 'get',
    path: '/api/audit',
    summary: 'Changes that were asked for: by whom, what came of each.',
    scope: 'admin',
    query: { limit: count(1, 1_000, 100), before: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional() },
    answers: '`items`, the youngest first; `next` for `before`, or null',
    reply: z.object({ items: z.array(auditEntry), next: z.number().nullable() }),
    handle: ({ trail }, { query: { limit, before = null } }) => {
      const items = trail.list(before, limit + 1);
      return json(200, { items: items.slice(0, limit), next: items.length > limit ? items[limit - 1]!.id : null });
    },
  }),
];
