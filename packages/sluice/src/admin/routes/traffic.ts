/** What goes through: now, over the last time, request by request, and as a stream of all that is live. */
import { z } from '@hono/zod-openapi';
import { count, must, text, wholeNumber } from '../members.ts';
import { LIVE_TOPICS, liveStream } from '../live-stream.ts';
import { operation, type Operation } from '../operation.ts';
import { json } from '../problem.ts';
import { snapshot, series } from '../schemas/traffic.ts';
import { accessStream, EVENT_STREAM } from '../server-sent.ts';
import { unknownName } from '../unknown-name.ts';

const TOPICS = /^(?:traffic|events|alerts|status)(?:,(?:traffic|events|alerts|status))*$/;
const SECONDS_MAX = 7 * 86_400;

export const TRAFFIC: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/traffic',
    summary: 'What goes through now.',
    scope: 'read',
    answers: 'rates and latencies over the last seconds, by name',
    reply: snapshot,
    handle: ({ backend }) => json(200, backend.observe.traffic.now()),
  }),
  operation({
    method: 'get',
    path: '/api/series',
    summary: 'What went through, over time.',
    scope: 'read',
    query: {
      service: text(256).optional().openapi({ description: 'Without it, all listeners together.' }),
      seconds: count(1, SECONDS_MAX, 300),
    },
    answers: 'values by name, `at` the same place as their time',
    reply: series,
    handle: ({ backend }, { query: { service = null, seconds } }) => {
      const found = backend.observe.traffic.series(service, seconds);
      if (found !== null) return json(200, found);
      const known = backend.status().services.map(({ name }) => name);
      return unknownName('service', service ?? '', known);
    },
  }),
  operation({
    method: 'get',
    path: '/api/access',
    summary: 'Requests as they end, whether or not there is an access log.',
    scope: 'read',
    isStream: true,
    query: {
      route: text(256).optional(),
      service: text(256).optional(),
      endpoint: text(512).optional(),
      status: text(3, /^[1-5](?:\d\d|xx)$/, 'a status such as "404", or a class such as "5xx"').optional(),
      q: text(200).default('').openapi({ description: 'Only lines with this text.' }),
      perSecond: count(1, 1_000, 50),
    },
    answers: 'server-sent events: `access`, a line of the access log as JSON, and `skipped`, how many more there were',
    type: EVENT_STREAM,
    reply: z.string(),
    handle: ({ backend }, { query: { route = null, service = null, endpoint = null, status = null, q, perSecond }, signal }) => {
      const lines = accessStream(backend.observe.access, { route, service, endpoint, status, text: q, perSecond }, signal);
      return { status: 200, type: EVENT_STREAM, body: '', lines };
    },
  }),
  operation({
    method: 'get',
    path: '/api/live',
    summary: 'Traffic, events, alerts and the Status as they change.',
    scope: 'read',
    isStream: true,
    query: {
      topics: must(z.string().max(100).regex(TOPICS), `some of ${LIVE_TOPICS.join(', ')}, with commas between`)
        .default(LIVE_TOPICS.join(','))
        .openapi({ description: 'Some of `traffic`, `events`, `alerts`, `status`, with commas between.' }),
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .openapi({ description: 'Events later than this id come first; so does `Last-Event-ID`.', type: 'integer', minimum: 0 }),
    },
    answers:
      'server-sent events: `traffic` each second, `event` with its id, `alerts` and `status` when something changed, `gap` where events are gone',
    type: EVENT_STREAM,
    reply: z.string(),
    handle: ({ backend }, { query: { topics, after = null }, request, signal }) => {
      const last = request.headers.get('last-event-id');
      const from = last !== null && /^\d{1,15}$/.test(last) ? Number(last) : after;
      const lines = liveStream(backend, new Set(topics.split(',')), from, signal);
      return { status: 200, type: EVENT_STREAM, body: '', lines };
    },
  }),
];
