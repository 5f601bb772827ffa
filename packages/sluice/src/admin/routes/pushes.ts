/**
 * The admin API of pushes: whole files put into a cache. A version is begun, its files are put under its id, and one request shows all of them at once. Files are bytes as they are, with the fields
 * of the reply that they make up; they stream into the cache and are never whole in memory besides.
 */
import type { IncomingMessage } from 'node:http';
import { z } from '@hono/zod-openapi';
import { canonicalUrl } from '../../core/caching/purge-order.ts';
import { normalizePath } from '../../core/routing/path.ts';
import type { AdminBackend } from '../backend.ts';
import { contentOf, discardRest } from '../body.ts';
import type { PushBackend, PushedFileFields } from '../cache-backend.ts';
import { must, text } from '../members.ts';
import { type Answer, operation, type Operation } from '../operation.ts';
import { type AdminReply, json, problem } from '../problem.ts';
import { push as pushSchema } from '../schemas/answers.ts';

const URL_LENGTH_MAX = 8_192;
const EXAMPLE = '{"prefix":"https://example.com/static/","version":"v2"}';
const ANY_HOST = '*';
/** Fields of the request that become the reply's. */
const FIELDS = ['content-type', 'content-language', 'content-encoding', 'content-disposition', 'cache-control', 'etag', 'last-modified'];
const FIELD_LENGTH_MAX = 2_048;
const TAGS_MAX = 32;
const TTL_MAX_SECONDS = 365 * 86_400;
/** Canonical as listeners have it that are not told otherwise. */
const PATHS = { mergeSlashes: false, encodedSlashes: 'reject' } as const;

const NAME = text(64);
const VERSION = text(64, /^[\w.:+@-]+$/, 'a name such as "v2"');
const FILE_URL = text(URL_LENGTH_MAX, /^[^\0]+$/, 'a URL such as "https://example.com/static/app.js"').openapi({
  description: 'Where it will be.',
});

export const PUSHES: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/caches/{name}/pushes',
    summary: 'What is pushed into a cache.',
    scope: 'read',
    params: { name: NAME },
    answers: 'versions of files, by path',
    reply: z.array(pushSchema),
    handle: ({ backend }, { params: { name } }) => withPushes(backend, name, (pushes) => json(200, pushes.status())),
  }),
  operation({
    method: 'post',
    path: '/api/caches/{name}/pushes',
    summary: 'Begins a version of the files below a URL.',
    scope: 'admin',
    isForOwner: true,
    action: 'push-begin',
    target: ({ params }) => `cache/${params.name}`,
    params: { name: NAME },
    body: { prefix: text(URL_LENGTH_MAX), version: VERSION },
    example: EXAMPLE,
    answers: '`id`, for its files',
    reply: z.object({ id: z.string() }),
    handle: ({ backend }, { params: { name }, body, changed }) => {
      changed(null, body);
      return withPushes(backend, name, (pushes) => begin(pushes, body));
    },
  }),
  operation({
    method: 'put',
    path: '/api/caches/{name}/entries',
    summary: 'Puts a file into a version: the body, with the fields of its reply.',
    scope: 'admin',
    isForOwner: true,
    action: 'push-file',
    target: ({ params }) => `cache/${params.name}`,
    params: { name: NAME },
    query: { url: FILE_URL, push: must(z.string().min(1).max(256), 'the id of a push that was begun') },
    queryExample: '?url=https://example.com/static/app.js&push=ID',
    takesContent: true,
    answers: 'the number of bytes',
    reply: z.object({ bytes: z.number() }),
    handle: async ({ backend }, { params: { name }, query, incoming, changed }) => {
      changed(null, { url: query.url, push: query.push });
      const reply = await withPushes(backend, name, (pushes) => put(pushes, query, incoming));
      if (!incoming.complete) await discardRest(incoming);
      return reply;
    },
  }),
  operation({
    method: 'post',
    path: '/api/caches/{name}/pushes/{id}/activate',
    summary: 'Shows a version, all of it at once, in place of the one that is shown.',
    scope: 'admin',
    isForOwner: true,
    action: 'push-activate',
    target: ({ params }) => `cache/${params.name}/push/${params.id}`,
    params: { name: NAME, id: text(256) },
    answers: 'when it holds on every worker; 409 where some of its files have gone',
    reply: pushSchema,
    handle: ({ backend }, { params: { name, id }, changed }) =>
      withPushes(backend, name, (pushes) => {
        const place = pushes.status().find((one) => one.id === id);
        const shown = pushes.status().find((one) => one.isShown && one.host === place?.host && one.prefix === place.prefix);
        changed({ version: shown?.version ?? null }, { version: place?.version ?? null });
        return activate(pushes, id);
      }),
  }),
];

function withPushes(backend: AdminBackend, name: string, handle: (pushes: PushBackend) => Answer): Answer {
  const pushes = backend.caches.pushes(name);
  if (pushes !== null) return handle(pushes);
  return problem(404, `no route shows what is pushed into a cache "${name}": set { cache: { store: '${name}', push: true } } on one`);
}

function begin(pushes: PushBackend, { prefix, version }: { readonly prefix: string; readonly version: string }): AdminReply {
  const place = placeOf(prefix);
  if (place === null || !place.path.endsWith('/'))
    return problem(400, 'prefix must be a URL that ends in /, such as "https://example.com/static/"');
  const begun = pushes.begin({ host: place.host, prefix: place.path }, version);
  return typeof begun === 'string' ? problem(409, begun) : json(200, begun);
}

async function put(
  pushes: PushBackend,
  { url, push }: { readonly url: string; readonly push: string },
  incoming: IncomingMessage,
): Promise<AdminReply> {
  const { headers } = incoming;
  const place = placeOf(url);
  if (place === null) return problem(400, 'the query parameter "url" must be a URL such as "https://example.com/static/app.js"');
  const fields = fieldsOf(headers);
  if (typeof fields === 'string') return problem(400, fields);
  const length = Number(headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? 0 : -1));
  if (length > pushes.objectBytesMax) return problem(413, pushes.tooLarge(place.path));
  const writer = pushes.write(push, { path: place.path, bodyBytes: length, ...fields });
  if (typeof writer === 'string') return problem(409, writer);
  try {
    for await (const piece of contentOf(incoming)) if (!writer.append(piece)) return problem(507, pushes.tooLarge(place.path));
  } catch (error) {
    writer.abort();
    throw error;
  }
  const bytes = writer.finish();
  return bytes < 0 ? problem(409, `${place.path} did not become whole: there is no room, or it was purged`) : json(200, { bytes });
}

function activate(pushes: PushBackend, id: string): AdminReply {
  const why = pushes.show(id);
  return why === null
    ? json(
        200,
        pushes.status().find((push) => push.id === id),
      )
    : problem(409, why);
}

/** As keys have it: any scheme, `*` for any host. */
function placeOf(text: string): { readonly host: string; readonly path: string } | null {
  if (text.length > URL_LENGTH_MAX || text.includes('?') || text.includes('#')) return null;
  const any = /^https?:\/\/\*(?=\/)/.exec(text);
  const canonical = canonicalUrl(any === null ? text : text.replace(any[0], 'https://any.invalid'), false);
  if (canonical === null) return null;
  const { host, pathname } = new URL(canonical);
  // What URL takes away without a word (`..`), we refuse: who sends it means another file.
  const given = text.slice(text.indexOf('/', text.indexOf('://') + 3));
  const path = normalizePath(given, PATHS);
  return path === null || path !== given || path !== pathname ? null : { host: any === null ? host : ANY_HOST, path };
}

function fieldsOf(headers: IncomingMessage['headers']): PushedFileFields | string {
  let head = '';
  for (const name of FIELDS) {
    const value = headers[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.length > FIELD_LENGTH_MAX || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      return `the field ${name} cannot be kept`;
    head += `${titleCase(name)}: ${value}\r\n`;
  }
  const tags = String(headers['surrogate-key'] ?? '')
    .split(/[ \t,]+/)
    .filter((tag) => tag !== '');
  if (tags.length > TAGS_MAX || tags.some((tag) => tag.length > 256))
    return `the field surrogate-key must have at most ${TAGS_MAX} tags of at most 256 characters`;
  const age = /(?:^|[\s,])max-age=(\d+)/i.exec(String(headers['cache-control'] ?? ''));
  return { head, tags, ttlMs: Math.min(TTL_MAX_SECONDS, Number(age?.[1] ?? 0)) * 1000 };
}

function titleCase(name: string): string {
  return name === 'etag' ? 'ETag' : name.replaceAll(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
