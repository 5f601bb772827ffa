/**
 * What an operation of the admin API is: how it is asked, who may, what it answers, and who answers. `app.ts` puts operations on the router, checks
 * what comes against their schemas, and describes them in the OpenAPI document: one source for all three.
 */
import type { IncomingMessage } from 'node:http';
import type { z } from '@hono/zod-openapi';
import type { Scope } from '../config/observe-plan.ts';
import type { AdminBackend } from './backend.ts';
import type { AuditTrail, Caller } from './bindings.ts';
import type { AdminReply } from './problem.ts';

/** Members by name. */
export type Shape = z.ZodRawShape;
/** What is left of members once they are read. */
export type Read<Members extends Shape> = z.output<z.ZodObject<Members>>;

/** What of a request an answer depends on. */
export interface Call<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape> {
  readonly params: Read<Params>;
  readonly query: Read<Query>;
  readonly body: Read<Body>;
  readonly caller: Caller;
  readonly request: Request;
  /** As it came: uploads are read from it. */
  readonly incoming: IncomingMessage;
  /** Aborted when the client has gone, or Sluice stops. */
  readonly signal: AbortSignal;
  /** Says for the audit log what a change changes. */
  readonly changed: (before: unknown, after: unknown) => void;
}

/** What operations answer from. */
export interface Sources {
  readonly backend: AdminBackend;
  readonly trail: AuditTrail;
  /** The OpenAPI document. */
  readonly document: () => unknown;
}

export type Answer = AdminReply | Promise<AdminReply>;

export interface Operation<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape> {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Parameters in braces. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  readonly scope: Scope;
  /** It lets Sluice run or serve what it is given: over loopback without a token, only the user that Sluice runs as, and root, may ask. */
  readonly isForOwner?: true;
  readonly params?: Params;
  readonly query?: Query;
  /** Of a query, for its refusals. Default: the path. */
  readonly queryExample?: string;
  /** Members of a JSON body; without one, none are taken. */
  readonly body?: Body;
  /** Of a body, for its refusals. Default `{}`. */
  readonly example?: string;
  /** The body is no JSON but bytes of any kind, as many as its answerer takes. */
  readonly takesContent?: true;
  /** What a 200 says. */
  readonly answers: string;
  /** Of a 200. */
  readonly reply: z.ZodType | null;
  /** Media type of a 200. Default: `application/json`. */
  readonly type?: string;
  /** It goes on until the client goes: at most 64 of those at once. */
  readonly isStream?: true;
  /** The reply has an ETag, and `If-None-Match` is looked at. */
  readonly hasTag?: true;
  /** Its name in the audit log, for what changes something, and what of the request says what it was asked of. */
  readonly action?: string;
  readonly target?: (call: Pick<Call<Params, Query, Body>, 'params' | 'query' | 'body'>) => string;
  /** The reply whose tag `If-Match` must name. */
  readonly matches?: 'service' | 'plan';
  /** A method, so that operations of all shapes fit into one list. */
  handle(sources: Sources, call: Call<Params, Query, Body>): Answer;
}

/** Writes an operation down, its parts typed by their schemas. */
export function operation<Params extends Shape = {}, Query extends Shape = {}, Body extends Shape = {}>(
  one: Omit<Operation<Params, Query, Body>, 'target'> & {
    target?(call: Pick<Call<Params, Query, Body>, 'params' | 'query' | 'body'>): string;
  },
): Operation {
  return one as unknown as Operation;
}
