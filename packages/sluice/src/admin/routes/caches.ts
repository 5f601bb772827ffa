/** Caches: what they hold, and purges. */
import { z } from '@hono/zod-openapi';
import { canonicalUrl, PURGE_TEXT_MAX, type PurgeTarget } from '../../core/caching/purge-order.ts';
import { count, flag, text } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { json, problem } from '../problem.ts';
import { cache, cachedReply } from '../schemas/answers.ts';
import { unknownName } from '../unknown-name.ts';

const NAME = text(64);
const KEYS_MAX = 1_000;
const EXAMPLE = '{"tag":"product-7"}';

export const CACHES: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/caches',
    summary: 'What caches hold.',
    scope: 'read',
    answers: 'entries, bytes, hits and misses of each',
    reply: z.array(cache),
    handle: ({ backend }) => json(200, backend.caches.status()),
  }),
  operation({
    method: 'get',
    path: '/api/caches/{name}/keys',
    summary: 'Replies that a cache holds in memory, the most used first.',
    scope: 'read',
    params: { name: NAME },
    query: { limit: count(1, KEYS_MAX, 50) },
    answers: '`items`: URLs without the header fields and cookies of their keys, hits, sizes',
    reply: z.object({ items: z.array(cachedReply) }),
    handle: ({ backend }, { params: { name }, query: { limit } }) => {
      const items = backend.caches.top(name, limit);
      if (items !== null) return json(200, { items });
      const known = backend.caches.status().map((one) => one.name);
      return unknownName('cache', name, known);
    },
  }),
  operation({
    method: 'post',
    path: '/api/caches/purge',
    summary: 'Purges replies: exactly one of `url`, `prefix`, `tag` and `all`.',
    scope: 'operate',
    action: 'purge',
    target: ({ body }) => (body.cache === undefined ? 'caches' : `cache/${body.cache}`),
    body: {
      cache: text(64).optional(),
      url: text(PURGE_TEXT_MAX).optional(),
      prefix: text(PURGE_TEXT_MAX).optional(),
      tag: text(256).optional(),
      all: flag().optional(),
      soft: flag().default(false).openapi({ description: 'They become stale, and are not taken out.' }),
    },
    example: EXAMPLE,
    answers: 'when it holds on every worker: the number of replies that it reached (-1: not counted)',
    reply: z.object({ purged: z.array(z.object({ cache: z.string(), entries: z.number() })) }),
    handle: async ({ backend }, { body, changed }) => {
      const target = targetOf(body);
      if (typeof target === 'string') return problem(400, target);
      const { cache: name = null, soft } = body;
      const names = backend.caches.status().map((one) => one.name);
      if (name !== null && !names.includes(name))
        return problem(404, `there is no cache "${name}" in use; in use are: ${names.join(', ') || 'none'}`);
      const purged = await backend.caches.purge({ cache: name, target, soft });
      changed(null, { target, soft, purged });
      return json(200, { purged });
    },
  }),
];

interface Purged {
  readonly url?: string | undefined;
  readonly prefix?: string | undefined;
  readonly tag?: string | undefined;
  readonly all?: boolean | undefined;
}

/** What is meant, or what is wrong. */
function targetOf({ url, prefix, tag, all }: Purged): PurgeTarget | string {
  const given = [url, prefix, tag, all === true ? 'all' : undefined].filter((one) => one !== undefined && one !== '');
  if (given.length !== 1) return `the body must have exactly one of url, prefix, tag and all, for example ${EXAMPLE}`;
  if (tag !== undefined && tag !== '') return { kind: 'tag', tag };
  if (all === true) return { kind: 'all' };
  const isUrl = url !== undefined && url !== '';
  const canonical = canonicalUrl((isUrl ? url : prefix)!, !isUrl);
  if (canonical === null) return `${isUrl ? 'url' : 'prefix'} must be a URL such as "https://example.com/products/7"`;
  return isUrl ? { kind: 'url', url: canonical } : { kind: 'prefix', prefix: canonical };
}
