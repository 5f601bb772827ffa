/** Where a request would go, without sending it. */
import { z } from '@hono/zod-openapi';
import { must, text } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { json, problem } from '../problem.ts';
import { explained } from '../schemas/answers.ts';

const URL_LENGTH_MAX = 16_384;
const HEADERS_MAX = 100;
const line = z.string().max(URL_LENGTH_MAX);

export const EXPLAIN: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/explain',
    summary: 'The route and the endpoints that a request would get, and why.',
    scope: 'read',
    query: {
      method: text(64).default('GET'),
      url: text(URL_LENGTH_MAX, /^[^\0]+$/, 'a URL or a path').openapi({ description: '`http://host/path` or `/path`.' }),
      listener: text(256).optional().openapi({ description: 'Without it, the first.' }),
      header: must(z.union([line, z.array(line).max(HEADERS_MAX)]), `at most ${HEADERS_MAX} texts "name: value"`)
        .default([])
        .openapi({ description: '`name: value`, any number of times.' }),
    },
    queryExample: '?method=GET&url=/api/users/7',
    answers: 'routes in the order in which they are looked at, and who could be picked',
    reply: explained,
    handle: ({ backend }, { query: { method, url, listener = null, header } }) => {
      const headers: [string, string][] = [];
      for (const one of typeof header === 'string' ? [header] : header) {
        const colon = one.indexOf(':');
        if (colon <= 0) return problem(400, `a header must be "name: value", got ${JSON.stringify(one)}`);
        headers.push([one.slice(0, colon).trim().toLowerCase(), one.slice(colon + 1).trim()]);
      }
      const result = backend.explain({ method, url, headers, listener });
      return result.ok ? json(200, result) : problem(400, result.problem);
    },
  }),
];
