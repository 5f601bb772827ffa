/** Everything that there is, a list of each kind, in pages. */
import type { z } from '@hono/zod-openapi';
import type { AdminBackend } from '../backend.ts';
import { operation, type Operation } from '../operation.ts';
import { page, PAGE_QUERY, pageOf } from '../page.ts';
import { json } from '../problem.ts';
import { listedInstance } from '../schemas/fleet.ts';
import { certificate, limits, listedEndpoint, listedService, listener, route } from '../schemas/status.ts';
import { wholeServices } from '../tagged.ts';

interface List<Item extends object> {
  readonly kind: string;
  readonly summary: string;
  readonly item: z.ZodType;
  read(backend: AdminBackend): readonly Item[];
  nameOf(item: Item): string;
}

/** Keeps `a b` and `c` apart from `a` and `b c`. */
const BETWEEN = '\0';

export const LISTS: readonly Operation[] = [
  list({
    kind: 'listeners',
    summary: 'Listeners: where they listen, what they speak.',
    item: listener,
    read: (backend) => backend.status().listeners,
    nameOf: ({ name }) => name,
  }),
  list({
    kind: 'routes',
    summary: 'Routes that had a request.',
    item: route,
    read: (backend) => backend.status().routes,
    nameOf: ({ name }) => name,
  }),
  list({
    kind: 'services',
    summary: 'Services, with their endpoints and instances.',
    item: listedService,
    read: wholeServices,
    nameOf: ({ name }) => name,
  }),
  list({
    kind: 'endpoints',
    summary: 'Endpoints of all services.',
    item: listedEndpoint,
    read: (backend) => backend.status().services.flatMap(({ name, endpoints }) => endpoints.map((one) => ({ service: name, ...one }))),
    nameOf: ({ service, address }) => service + BETWEEN + address,
  }),
  list({
    kind: 'instances',
    summary: 'Instances that Sluice runs.',
    item: listedInstance,
    read: (backend) => backend.fleet.status().flatMap(({ service, instances }) => instances.map((one) => ({ service, ...one }))),
    nameOf: ({ service, id }) => service + BETWEEN + id,
  }),
  list({
    kind: 'certificates',
    summary: 'Certificates: for which names, until when.',
    item: certificate,
    read: (backend) => backend.status().certificates,
    nameOf: ({ listener: at, source, names }) => [at, source, ...names].join(BETWEEN),
  }),
  list({
    kind: 'limits',
    summary: 'What bounds each service now: breaker, concurrency, queues, budgets of retries and hedges.',
    item: limits,
    read: (backend) => backend.limits(),
    nameOf: ({ service }) => service,
  }),
];

function list<Item extends object>({ kind, summary, item, read, nameOf }: List<Item>): Operation {
  return operation({
    method: 'get',
    path: `/api/${kind}`,
    summary,
    scope: 'read',
    query: PAGE_QUERY,
    answers: '`items` by name; `next` for `cursor`, or null',
    reply: pageOf(item),
    handle: ({ backend }, { query }) => json(200, page(read(backend), nameOf, query)),
  });
}
