/** The OpenAPI 3.1 document of the admin API, made from what its endpoints say about themselves. */
import type { Endpoint } from './endpoint.ts';
import { PROBLEM_TYPE } from './problem.ts';

/** @param version Of Sluice. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) (paths[openPath(endpoint.path)] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint);
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice admin API', version },
    paths,
    components: { schemas: { Problem: PROBLEM }, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    // Without a token where none is configured.
    security: [{}, { token: [] }],
  };
}

const PROBLEM = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' } },
  required: ['type', 'title', 'status', 'detail'],
};

function operation({ method, path, summary, query = {}, body, takesContent, answers, type = 'application/json' }: Endpoint): object {
  const parameters = [
    ...namesIn(path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
  ];
  return {
    operationId: operationId(method, path),
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: body } } } }),
    ...(takesContent === true ? { requestBody: { content: { '*/*': {} } } } : {}),
    responses: {
      200: { description: answers, content: { [type]: {} } },
      default: {
        description: 'What is wrong, and the remedy.',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** `/api/services/NAME/scale` → `/api/services/{name}/scale`. */
function openPath(path: string): string {
  return path.replaceAll(/(?<=\/)[A-Z]+(?=\/|$)/g, (name) => `{${name.toLowerCase()}}`);
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/(?<=\/)[A-Z]+(?=\/|$)/g)].map(([name]) => name.toLowerCase());
}

/** `get-api-services-name-decisions`. */
function operationId(method: string, path: string): string {
  return `${method}${path}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
