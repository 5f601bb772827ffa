/**
 * The admin API's answers: path and method to a call of the backend and its result as a reply. No sockets here. The list of paths is
 * docs/reference/admin-api.md; a test holds the two equal.
 */
import type { AdminBackend, DrainResult, ReloadResult, UndrainResult } from './backend.ts';
import { CACHE_API } from './cache-api.ts';
import type { ApiCall, Endpoint } from './endpoint.ts';
import { FLEET_API } from './fleet-api.ts';
import { durationMember, readMembers } from './json-body.ts';
import { PUSH_API } from './push-api.ts';
import { openApiDocument } from './openapi.ts';
import { json, problem } from './problem.ts';
import type { AdminReply } from './problem.ts';

/** A request that the guard let pass. */
export interface ApiRequest {
  readonly method: string;
  /** As sent: path and query. */
  readonly target: string;
  /** '' without one. */
  readonly body: string;
  readonly headers: ApiCall['headers'];
  readonly content: ApiCall['content'];
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Whether the client is the user that Sluice runs as, or root, or has shown a token. Costs about a millisecond. */
  readonly isOwner: () => boolean;
}

/** Longer drains are refused: nobody waits for them on a connection. */
const DEADLINE_MAX = '24h';

/** Nothing that is reached by GET changes anything. */
export const API: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether Sluice serves.',
    answers: '`ready`; 503 says `starting` or `draining`',
    type: 'text/plain',
    handle: health,
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics.',
    answers: 'Prometheus text',
    type: 'text/plain',
    handle: (backend, { headers }) => ({ status: 200, ...backend.metrics(String(headers['accept'] ?? '')) }),
  },
  {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This description.',
    answers: 'OpenAPI 3.1',
    handle: (backend) => json(200, openApiDocument(API, backend.status().version)),
  },
  {
    method: 'GET',
    path: '/api/status',
    summary: 'Listeners, services, endpoints, routes and instances.',
    answers: 'states, counts, latencies',
    handle: (backend) => json(200, backend.status()),
  },
  {
    method: 'GET',
    path: '/api/explain',
    summary: 'The route and the endpoints that a request would get, and why.',
    query: {
      method: 'Without it, GET.',
      url: '`http://host/path` or `/path`.',
      listener: 'Without it, the first.',
      header: '`name: value`, any number of times.',
    },
    answers: 'routes in the order in which they are looked at, and who could be picked',
    handle: explain,
  },
  {
    method: 'POST',
    path: '/api/reload',
    summary: 'Reads the configuration again and applies what differs.',
    answers: 'when every worker runs it; 422 has every fault, and the old one runs on',
    handle: async (backend) => reloadReply(await backend.reload('api')),
  },
  {
    method: 'POST',
    path: '/api/services/NAME/endpoints/ADDRESS/drain',
    summary: 'Gives an endpoint nothing new.',
    body: { type: 'object', properties: { deadline: { type: 'string' } }, additionalProperties: false },
    answers: 'when it has finished, or at the deadline',
    handle: drain,
  },
  {
    method: 'POST',
    path: '/api/services/NAME/endpoints/ADDRESS/undrain',
    summary: 'Brings an endpoint back into use.',
    answers: '`undrained`, or `not-drained`',
    handle: undrain,
  },
  ...FLEET_API,
  ...CACHE_API,
  ...PUSH_API,
];

const FOR_OWNER =
  'this lets sluice run programs, or serve what you give it, as its own user: over loopback only that user and root may ask for it; for others configure admin.token, or a unix socket';

/** Answers one request. */
export async function answer(backend: AdminBackend, request: ApiRequest): Promise<AdminReply> {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : request.target.slice(mark + 1));
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const allowed: string[] = [];
  for (const endpoint of API) {
    const parameters = matchPath(endpoint.path, path);
    if (parameters === null) continue;
    if (parameters.includes(null)) return problem(400, `the path "${path}" is not percent-encoded correctly`);
    if (endpoint.method === method && endpoint.isForOwner === true && !request.isOwner()) return problem(403, FOR_OWNER);
    if (endpoint.method === method) return endpoint.handle(backend, { ...request, parameters: parameters as readonly string[], query });
    allowed.push(endpoint.method);
  }
  if (allowed.length === 0)
    return problem(404, `no such path: "${path}"`, { paths: API.map((endpoint) => `${endpoint.method} ${endpoint.path}`) });
  return problem(405, `${path} takes ${allowed.join(' or ')}, not ${request.method}`, {}, { allow: allowed.join(', ') });
}

/** Whether the body of such a request is bytes of any kind. @param target Path and query. */
export function takesContent(method: string, target: string): boolean {
  const [path = ''] = target.split('?', 1);
  return API.some((endpoint) => endpoint.takesContent === true && endpoint.method === method && matchPath(endpoint.path, path) !== null);
}

/** Values of the upper-case segments, decoded (null where that fails); null when the path does not fit. */
function matchPath(pattern: string, path: string): (string | null)[] | null {
  const expected = pattern.split('/');
  const given = path.split('/');
  if (given.length !== expected.length) return null;
  const parameters: (string | null)[] = [];
  for (const [index, segment] of expected.entries()) {
    if (/^[A-Z]+$/.test(segment)) parameters.push(decode(given[index]!));
    else if (segment !== given[index]) return null;
  }
  return parameters;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function health(backend: AdminBackend): AdminReply {
  const state = backend.health();
  return { status: state === 'ready' ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${state}\n` };
}

function reloadReply(result: ReloadResult): AdminReply {
  if (result.ok) return json(200, result);
  return problem(422, 'the new configuration is wrong; the old one runs on', { faults: result.faults });
}

async function drain(backend: AdminBackend, { parameters, body }: ApiCall): Promise<AdminReply> {
  const [service, address] = parameters as [string, string];
  const deadline = readDeadline(body);
  if (typeof deadline === 'string') return problem(400, deadline);
  return drainReply(await backend.drain(service, address, deadline));
}

function undrain(backend: AdminBackend, { parameters }: ApiCall): AdminReply {
  const [service, address] = parameters as [string, string];
  return drainReply(backend.undrain(service, address));
}

function drainReply(result: DrainResult | UndrainResult): AdminReply {
  return result.result === 'unknown' ? problem(404, result.problem) : json(200, result);
}

/** Milliseconds, null when the body names none, or what is wrong with it. */
function readDeadline(body: string): number | null | string {
  const members = readMembers(body, { deadline: durationMember(DEADLINE_MAX) }, '{"deadline":"30s"}');
  return typeof members === 'string' ? members : (members.deadline ?? null);
}

function explain(backend: AdminBackend, { query }: ApiCall): AdminReply {
  const url = query.get('url');
  if (url === null || url === '') return problem(400, 'the query parameter "url" is missing, for example ?method=GET&url=/api/users/7');
  const headers: [string, string][] = [];
  for (const header of query.getAll('header')) {
    const colon = header.indexOf(':');
    if (colon <= 0) return problem(400, `a header must be "name: value", got ${JSON.stringify(header)}`);
    headers.push([header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim()]);
  }
  const result = backend.explain({ method: query.get('method') ?? 'GET', url, headers, listener: query.get('listener') });
  return result.ok ? json(200, result) : problem(400, result.problem);
}
