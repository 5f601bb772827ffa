/**
 * The admin API: what is asked goes past the caller's scope, the schemas of its operation and `If-Match` to who answers it. zod and Hono are loaded with this
 * module, so it is imported by the first request that needs it (`server.ts`); who may come this far at all, `guard.ts` says. The list of
 * operations is `operations.ts`; the OpenAPI document is made of the same.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AdminBackend } from './backend.ts';
import type { AdminBindings, AuditTrail } from './bindings.ts';
import { about, describe, SECURITY_SCHEME } from './document.ts';
import { isMissing, missingReply } from './missing.ts';
import type { Operation, Sources } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { perform } from './perform.ts';
import { type AdminReply, problem } from './problem.ts';
import { ReplyStreams, streamOf } from './reply-stream.ts';

export interface AppOptions {
  readonly backend: AdminBackend;
  readonly trail: AuditTrail;
  /** A call of the backend that threw. */
  readonly onError: (error: Error) => void;
}

export interface AdminApp {
  fetch(request: Request, bindings: AdminBindings): Promise<Response>;
  /** Ends the replies that go on; no more begin. */
  close(): void;
}

type Env = { Bindings: AdminBindings };

export function createApp(options: AppOptions): AdminApp {
  const { backend, onError } = options;
  const app = new OpenAPIHono<Env>();
  const streams = new ReplyStreams();
  let document: unknown = null;
  const sources: Sources = { ...options, document: () => (document ??= documentOf(app, backend.status().version)) };
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(operation.method.toUpperCase(), path, (context) => respond(context, operation, sources, streams));
  }
  app.notFound((context) => toResponse(missingReply(context.req.method, pathOf(context.req.raw)), null));
  app.onError((error, context) => {
    if (!context.req.raw.signal.aborted) onError(error);
    return toResponse(problem(500, 'internal error; the log of sluice says more'), null);
  });
  return { fetch: async (request, bindings) => app.fetch(request, bindings), close: () => streams.close() };
}

/** Made when it is asked for: most never do. */
function documentOf({ openAPIRegistry, getOpenAPI31Document }: OpenAPIHono<Env>, version: string): unknown {
  openAPIRegistry.registerComponent('securitySchemes', 'token', SECURITY_SCHEME);
  for (const operation of OPERATIONS) openAPIRegistry.registerPath(describe(operation));
  return getOpenAPI31Document(about(version));
}

async function respond(context: Context<Env>, operation: Operation, sources: Sources, streams: ReplyStreams): Promise<Response> {
  const request = context.req.raw;
  const path = pathOf(request);
  if (isMissing(path)) return toResponse(missingReply(request.method, path), null);
  const end = operation.isStream === true && request.method !== 'HEAD' ? streams.take() : new AbortController();
  if (end === null)
    return toResponse(
      problem(503, `as many streams are open as there may be, ${streams.size}: close one, or ask again later`, {}, { 'retry-after': '5' }),
      null,
    );
  request.signal.addEventListener('abort', () => end.abort(), { once: true });
  let reply: AdminReply | null = null;
  try {
    reply = await perform(operation, sources, { request, bindings: context.env, params: context.req.param(), signal: end.signal });
    return toResponse(reply, request.method === 'HEAD' ? null : end);
  } finally {
    if (reply?.lines === undefined) end.abort();
  }
}

/** @param end Of what goes on; null: it does not begin. */
function toResponse(reply: AdminReply, end: AbortController | null): Response {
  const headers = { 'content-type': reply.type, ...reply.headers };
  if (reply.status === 304) return new Response(null, { status: 304, headers: reply.headers ?? {} });
  if (reply.lines !== undefined) return new Response(end === null ? null : streamOf(reply.lines, end), { status: reply.status, headers });
  return new Response(reply.body, { status: reply.status, headers });
}

function pathOf(request: Request): string {
  return new URL(request.url).pathname;
}
