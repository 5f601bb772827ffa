/**
 * The admin API over fetch: JSON in, JSON out, problems (RFC 9457) as `ApiError`. Addresses are relative to the page's, so that the dashboard may stand below a path. A 401 asks for a token once
 * and tries again; every request has a deadline.
 */
import { askForToken, authorization } from './session.ts';

/** What the API refused or could not do, in words that can be shown as they are. */
export class ApiError extends Error {
  /** 0: there was no answer. */
  readonly status: number;
  /** Where several things are wrong, each of them. */
  readonly faults: readonly string[];

  constructor(status: number, message: string, faults: readonly string[] = []) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.faults = faults;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** ETag of what the change was decided upon: 412 where it is stale. */
  readonly ifMatch?: string | null;
  /** Default 30 s. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 30_000;

/** Path and query. Empty and absent values are left out; lists repeat. */
export function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'object') for (const one of value) search.append(name, one);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** @param path Without a slash in front: `api/status`. Names in it go through encodeURIComponent. */
export async function getJson<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  return (await (await send('GET', path, undefined, options)).json()) as Answer;
}

/** A change. @returns The answer's JSON; null: it has none. */
export async function change<Answer>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: unknown = {},
  options: RequestOptions = {},
): Promise<Answer | null> {
  const response = await send(method, path, method === 'DELETE' ? undefined : JSON.stringify(body), options);
  const text = await response.text();
  return text === '' ? null : (JSON.parse(text) as Answer);
}

/** The answer itself, for streams. Without a deadline of its own. */
export async function openStream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  return await attempt(async () => await fetch(path, { headers: { ...headers, ...authorization() }, signal, cache: 'no-store' }));
}

async function send(method: string, path: string, body: string | undefined, options: RequestOptions): Promise<Response> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  return await attempt(async () => {
    const headers: Record<string, string> = { accept: 'application/json', ...authorization() };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.ifMatch) headers['if-match'] = options.ifMatch;
    return await fetch(apiPath(path, options.query), {
      method,
      headers,
      signal,
      cache: 'no-store',
      ...(body === undefined ? {} : { body }),
    });
  });
}

/** Twice at most: again where a token was asked for and given. */
async function attempt(once: () => Promise<Response>): Promise<Response> {
  for (let isFirst = true; ; isFirst = false) {
    const response = await once().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, `Sluice does not answer: ${(error as Error).message}`);
    });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status !== 401 || !isFirst || !(await askForToken(problem.message))) throw problem;
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as { title?: string; detail?: string; faults?: unknown } | null;
  const message = body?.detail ?? body?.title ?? `${response.status} ${response.statusText}`;
  const faults = Array.isArray(body?.faults) ? body.faults.map((fault) => (typeof fault === 'string' ? fault : JSON.stringify(fault))) : [];
  return new ApiError(response.status, message, faults);
}
