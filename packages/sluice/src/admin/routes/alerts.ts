/** Alerts, their rules, and silences. */
import { z } from '@hono/zod-openapi';
import { duration, text, textMap } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { json, problem } from '../problem.ts';
import { alert, alertRule, silence } from '../schemas/observing.ts';
import { SilenceRefusal } from '../../core/alerting/silences.ts';
import { unknownName } from '../unknown-name.ts';

const SILENCE_MAX = '30d';
const LABELS_MAX = 32;

export const ALERTS: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/alerts',
    summary: 'Alerts that are pending, fire, or were resolved lately.',
    scope: 'read',
    answers: '`items`',
    reply: z.object({ items: z.array(alert) }),
    handle: ({ backend }) => json(200, { items: backend.observe.alerts.list() }),
  }),
  operation({
    method: 'get',
    path: '/api/alerts/rules',
    summary: 'What is watched, and how it stands.',
    scope: 'read',
    answers: '`items`',
    reply: z.object({ items: z.array(alertRule) }),
    handle: ({ backend }) => json(200, { items: backend.observe.alerts.rules() }),
  }),
  operation({
    method: 'post',
    path: '/api/alerts/test',
    summary: 'Sends a test alert to one sink, or all.',
    scope: 'operate',
    action: 'alert-test',
    target: ({ body }) => (body.sink === undefined ? 'sinks' : `sink/${body.sink}`),
    body: { sink: text(256).optional() },
    example: '{"sink":"ops"}',
    answers: '`items`: what came of each; `problem` null where it was taken',
    reply: z.object({ items: z.array(z.object({ sink: z.string(), problem: z.string().nullable() })) }),
    handle: async ({ backend }, { body: { sink = null } }) => {
      const items = await backend.observe.alerts.test(sink);
      return items === null ? problem(404, `no alert sink "${sink ?? ''}": alerts.sinks names those that there are`) : json(200, { items });
    },
  }),
  operation({
    method: 'get',
    path: '/api/silences',
    summary: 'Which alerts are kept quiet, and until when.',
    scope: 'read',
    answers: '`items`',
    reply: z.object({ items: z.array(silence) }),
    handle: ({ backend }) => json(200, { items: backend.observe.alerts.silences() }),
  }),
  operation({
    method: 'post',
    path: '/api/silences',
    summary: 'Keeps alerts quiet for some time.',
    scope: 'operate',
    action: 'silence',
    target: () => 'silences',
    body: {
      match: textMap(LABELS_MAX, 256).openapi({
        description: 'Labels (and `rule`) that an alert must have; a value that begins with `~` is a regular expression.',
      }),
      for: duration(SILENCE_MAX),
      comment: text(1_000).default(''),
    },
    example: '{"match":{"service":"web"},"for":"2h","comment":"moving the database"}',
    answers: 'the silence, with its `id`',
    reply: silence,
    handle: ({ backend }, { body, caller, changed }) => {
      if (Object.keys(body.match).length === 0)
        return problem(400, 'match must have a label or a rule, for example {"match":{"rule":"latency"}}');
      try {
        const made = backend.observe.alerts.silence(body.match, body.for, caller.name, body.comment);
        changed(null, made);
        return json(200, made);
      } catch (error) {
        if (error instanceof SilenceRefusal) return problem(400, error.message);
        throw error;
      }
    },
  }),
  operation({
    method: 'delete',
    path: '/api/silences/{id}',
    summary: 'Ends a silence.',
    scope: 'operate',
    action: 'unsilence',
    target: ({ params }) => `silence/${params.id}`,
    params: { id: text(256) },
    answers: 'the silence that was',
    reply: silence,
    handle: ({ backend }, { params: { id }, changed }) => {
      const all = backend.observe.alerts.silences();
      const made = all.find((one) => one.id === id);
      if (made === undefined || !backend.observe.alerts.unsilence(id))
        return unknownName(
          'silence',
          id,
          all.map((one) => one.id),
        );
      changed(made, null);
      return json(200, made);
    },
  }),
];
