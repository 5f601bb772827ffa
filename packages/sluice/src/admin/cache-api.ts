/** The admin API of caches: what they hold, and purges. */
import { canonicalUrl, PURGE_TEXT_MAX, type PurgeTarget } from '../core/caching/purge-order.ts';
import type { AdminBackend } from './backend.ts';
import type { ApiCall, Endpoint } from './endpoint.ts';
import { flagMember, readMembers, textMember } from './json-body.ts';
import { type AdminReply, json, problem } from './problem.ts';

const READERS = {
  cache: textMember(64),
  url: textMember(PURGE_TEXT_MAX),
  prefix: textMember(PURGE_TEXT_MAX),
  tag: textMember(256),
  all: flagMember(),
  soft: flagMember(),
};
const EXAMPLE = '{"tag":"product-7"}';

export const CACHE_API: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/caches',
    summary: 'What caches hold.',
    answers: 'entries, bytes, hits and misses of each',
    handle: (backend) => json(200, backend.caches.status()),
  },
  {
    method: 'POST',
    path: '/api/caches/purge',
    summary: 'Purges replies: exactly one of `url`, `prefix`, `tag` and `all`.',
    body: {
      type: 'object',
      properties: {
        cache: { type: 'string' },
        url: { type: 'string' },
        prefix: { type: 'string' },
        tag: { type: 'string' },
        all: { const: true },
        soft: { type: 'boolean' },
      },
      additionalProperties: false,
    },
    answers: 'when it holds on every worker: the number of replies that it reached (-1: not counted)',
    handle: purge,
  },
];

async function purge(backend: AdminBackend, { body }: ApiCall): Promise<AdminReply> {
  const members = readMembers(body, READERS, EXAMPLE);
  if (typeof members === 'string') return problem(400, members);
  const target = targetOf(members);
  if (typeof target === 'string') return problem(400, target);
  const { cache = null, soft = false } = members;
  const names = backend.caches.status().map(({ name }) => name);
  if (cache !== null && !names.includes(cache))
    return problem(404, `there is no cache "${cache}" in use; in use are: ${names.join(', ') || 'none'}`);
  return json(200, { purged: await backend.caches.purge({ cache, target, soft }) });
}

/** What is meant, or what is wrong. */
function targetOf(members: { url?: string; prefix?: string; tag?: string; all?: boolean }): PurgeTarget | string {
  const { url, prefix, tag, all } = members;
  const given = [url, prefix, tag, all === true ? 'all' : undefined].filter((one) => one !== undefined && one !== '');
  if (given.length !== 1) return `the body must have exactly one of url, prefix, tag and all, for example ${EXAMPLE}`;
  if (tag !== undefined) return { kind: 'tag', tag };
  if (all === true) return { kind: 'all' };
  const canonical = canonicalUrl((url ?? prefix)!, url === undefined);
  if (canonical === null) return `${url === undefined ? 'prefix' : 'url'} must be a URL such as "https://example.com/products/7"`;
  return url === undefined ? { kind: 'prefix', prefix: canonical } : { kind: 'url', url: canonical };
}
