/** What the OpenAPI 3.1 document says: of the API as a whole, and of each operation, made of the schemas that requests are read by. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Operation } from './operation.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { problemSchema } from './schemas/answers.ts';

/** @param version Of Sluice. */
export function about(version: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice admin API', version },
    // Without a token where none is configured.
    security: [{}, { token: [] }],
  };
}

export const SECURITY_SCHEME = { type: 'http', scheme: 'bearer' } as const;

/** An operation as the document has it. */
export function describe(operation: Operation) {
  const { method, path, summary, scope, params, query } = operation;
  return createRoute({
    method,
    path,
    summary,
    operationId: operationId(operation),
    description: `Needs the scope \`${scope}\`.`,
    'x-scope': scope,
    request: {
      ...(params === undefined ? {} : { params: z.object(params) }),
      ...(query === undefined ? {} : { query: z.object(query) }),
      ...bodyOf(operation),
    },
    responses: {
      200: {
        description: operation.answers,
        content: { [operation.type ?? 'application/json']: operation.reply === null ? {} : { schema: operation.reply } },
      },
      ...(operation.hasTag === true ? { 304: { description: 'It is as `If-None-Match` says.' } } : {}),
      ...(operation.matches === undefined ? {} : { 412: { description: 'It has changed since `If-Match` was read.', content: PROBLEM } }),
      default: { description: 'What is wrong, and the remedy.', content: PROBLEM },
    },
  });
}

const PROBLEM = { [PROBLEM_TYPE]: { schema: problemSchema } };

function bodyOf({ method, body = {}, takesContent }: Operation): {
  readonly body?: { readonly content: Record<string, { schema: z.ZodType }>; readonly required?: boolean };
} {
  if (takesContent === true) return { body: { content: { '*/*': { schema: z.string().openapi({ format: 'binary' }) } }, required: true } };
  if (method === 'get' || method === 'delete' || Object.keys(body).length === 0) return {};
  return {
    body: { content: { 'application/json': { schema: z.strictObject(body) } }, required: !z.object(body).safeParse({}).success },
  };
}

/** `get-api-services-name-decisions`. */
function operationId({ method, path }: Operation): string {
  return `${method}${path}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}
