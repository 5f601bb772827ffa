/** One request to one operation: scope, then what it asks, then `If-Match`, then its answer, its tag and its line in the audit log. */
import type { Scope } from '../config/observe-plan.ts';
import { SCOPES } from '../config/observe-plan.ts';
import type { AdminBindings } from './bindings.ts';
import { entityTag, isMeant, isSame } from './entity-tag.ts';
import { type MemberFault, readMembers } from './members.ts';
import type { Call, Operation, Sources } from './operation.ts';
import { type AdminReply, problem } from './problem.ts';
import { readText } from './request-text.ts';
import { taggedPlan, taggedService } from './tagged.ts';

const FOR_OWNER =
  'this lets sluice run programs, or serve what you give it, as its own user: over loopback only that user and root may ask for it; for others configure admin.token, or a unix socket';

/** A request that the guard let pass. */
export interface Asked {
  readonly request: Request;
  readonly bindings: AdminBindings;
  readonly params: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Change {
  before: unknown;
  after: unknown;
}

export async function perform(operation: Operation, sources: Sources, asked: Asked): Promise<AdminReply> {
  const refusal = scopeRefusal(operation, asked.bindings);
  if (refusal !== null) {
    note(operation, asked, asked.params, { before: null, after: null }, refusal);
    return refusal;
  }
  const read = await readAll(operation, asked);
  if ('refusal' in read) return read.refusal;
  const change: Change = { before: null, after: null };
  const { request, bindings, signal } = asked;
  const call: Call = {
    ...read,
    request,
    signal,
    caller: bindings.caller,
    incoming: bindings.incoming,
    changed: (before, after) => Object.assign(change, { before, after }),
  };
  let reply = problem(500, 'it failed; the log of sluice says more');
  try {
    reply = staleReply(operation, sources, call) ?? (await operation.handle(sources, call));
  } finally {
    note(operation, asked, call, change, reply);
  }
  return operation.hasTag === true && reply.status === 200 ? tagged(reply, request) : reply;
}

function scopeRefusal({ scope, isForOwner }: Operation, { caller, isOwner }: AdminBindings): AdminReply | null {
  if (rank(caller.scope) < rank(scope))
    return problem(403, `this needs the scope "${scope}", and ${caller.name} has "${caller.scope}"`, {
      needed: scope,
      given: caller.scope,
    });
  return isForOwner === true && !isOwner() ? problem(403, FOR_OWNER) : null;
}

function rank(scope: Scope): number {
  return SCOPES.indexOf(scope);
}

async function readAll(
  operation: Operation,
  { request, params }: Asked,
): Promise<Pick<Call, 'params' | 'query' | 'body'> | { readonly refusal: AdminReply }> {
  const { params: wantedParams = {}, query: wantedQuery = {}, body: wantedBody = {}, example = '{}' } = operation;
  const path = readMembers(wantedParams, params, { kind: 'path', example });
  if (!path.ok) return { refusal: faultsReply(path.faults) };
  const query = readMembers(wantedQuery, queryOf(request), { kind: 'query', example: operation.queryExample ?? operation.path });
  if (!query.ok) return { refusal: faultsReply(query.faults) };
  if (operation.method === 'get' || operation.takesContent === true) return { params: path.value, query: query.value, body: {} };
  const given = await readText(request);
  if (given === null) return { refusal: problem(413, 'the body is larger than 1 MiB') };
  if (given !== '' && !isJson(request)) return { refusal: problem(415, 'a body must be JSON: send "Content-Type: application/json"') };
  const parsed = parse(given);
  if (parsed === undefined) return { refusal: problem(400, 'the body is not JSON') };
  const body = readMembers(wantedBody, parsed, { kind: 'body', example });
  return body.ok ? { params: path.value, query: query.value, body: body.value } : { refusal: faultsReply(body.faults) };
}

/** A name that comes once is a text, one that comes often a list. */
function queryOf(request: Request): Record<string, string | string[]> {
  const values = new Map<string, string | string[]>();
  // In one pass: asking for each name by itself takes 70 ms where there are thousands.
  for (const [name, value] of new URL(request.url).searchParams) {
    const before = values.get(name);
    if (Array.isArray(before)) before.push(value);
    else values.set(name, before === undefined ? value : [before, value]);
  }
  return Object.fromEntries(values);
}

function isJson(request: Request): boolean {
  return /^application\/json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '');
}

/** Undefined: no JSON. */
function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultsReply(faults: readonly MemberFault[]): AdminReply {
  return problem(400, faults.map(({ detail }) => detail).join('; '), { errors: faults });
}

/** The client means something that is not any more; null: it does not, or says nothing. */
function staleReply({ matches, method }: Operation, sources: Sources, { request, params }: Call): AdminReply | null {
  const field = request.headers.get('if-match');
  if (field === null || method === 'get') return null;
  const now =
    matches === 'service'
      ? taggedService(sources.backend, String(params['name']))
      : matches === 'plan'
        ? taggedPlan(sources.backend)
        : null;
  if (now === null) return field.trim() === '*' ? null : problem(412, 'nothing that has an ETag is changed by this: leave If-Match out');
  const tag = entityTag(now);
  if (isMeant(field, tag)) return null;
  return problem(
    412,
    `it has changed since you read it: If-Match has ${field.slice(0, 200)}, it is ${tag} now; read it again`,
    {},
    { etag: tag },
  );
}

function tagged(reply: AdminReply, request: Request): AdminReply {
  const etag = entityTag(JSON.parse(reply.body));
  const field = request.headers.get('if-none-match');
  const headers = { ...reply.headers, etag };
  return field !== null && isSame(field, etag) ? { status: 304, type: '', body: '', headers } : { ...reply, headers };
}

/** A line in the audit log, for what changes something. */
function note(operation: Operation, { bindings }: Asked, read: object, { before, after }: Change, reply: AdminReply): void {
  if (operation.action === undefined) return;
  const whole = { params: read, query: {}, body: {}, ...('params' in read ? read : {}) } as Parameters<NonNullable<Operation['target']>>[0];
  const outcome = reply.status < 400 ? 'ok' : String((JSON.parse(reply.body) as { detail?: unknown }).detail);
  bindings.audit({ action: operation.action, target: operation.target?.(whole) ?? '', before, after, outcome });
}
