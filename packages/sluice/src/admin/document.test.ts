import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { adminWorld } from '../../test/support/admin-app.ts';
import { SCOPES } from '../config/observe-plan.ts';
import { OPERATIONS } from './operations.ts';
import { referenceTable } from './reference-table.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: object;
}
interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-scope': string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: object }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, unknown> }>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { readonly schemas: Record<string, object> };
}

const document = (await (await adminWorld().ask('GET', '/api/openapi.json')).json()) as Document;
const described = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
);

/** Each `$ref` below a value. */
function* referencesIn(value: unknown): Iterable<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === '$ref') yield String(inner);
    else yield* referencesIn(inner);
  }
}

/** Each value of `type` below a schema (JSON Schema 2020-12 §6.1.1 of validation). */
function* typesIn(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'type' && typeof inner !== 'object') yield inner;
    else if (name === 'type' && Array.isArray(inner)) yield* inner;
    else yield* typesIn(inner);
  }
}

test('the document is OpenAPI 3.1: what it refers to is there, and each path says what it takes', () => {
  equal(document.openapi, '3.1.0');
  equal(document.info.version, '0.1.0');
  for (const reference of referencesIn(document)) {
    const at = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
    ok(reference.startsWith('#/') && at !== undefined, reference);
  }
  const kinds = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
  for (const { path, operation } of described) {
    const schemas = [operation.parameters?.map(({ schema }) => schema), operation.requestBody, operation.responses];
    for (const type of typesIn(schemas)) ok(kinds.has(String(type)) || type === undefined, `${path}: ${String(type)}`);
    // OpenAPI 3.1.0 §4.8.12.1: the names of path parameters are those of the template, and they are required.
    const named = (operation.parameters ?? []).filter((one) => one.in === 'path');
    deepEqual(new Set(named.map(({ name }) => name)), new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)));
    ok(named.every(({ required }) => required === true));
    ok(operation.responses['200'] !== undefined && operation.responses['default'] !== undefined, path);
    ok((SCOPES as readonly string[]).includes(operation['x-scope']));
  }
  equal(new Set(described.map(({ operation }) => operation.operationId)).size, described.length);
  for (const name of ['Status', 'ServiceStatus', 'Decision', 'EventEntry', 'TrafficSnapshot', 'Problem', 'AlertStatus', 'PlanRecord'])
    ok(name in document.components.schemas, name);
});

test('every path that is served is documented, and the other way round', () => {
  const names = (all: readonly { readonly method: string; readonly path: string }[]): string[] =>
    all.map(({ method, path }) => `${method} ${path}`).toSorted();
  deepEqual(names(described), names(OPERATIONS));
});

test('docs/reference/admin-api.md lists exactly the requests of the code', () => {
  const page = readFileSync(new URL('../../../../docs/reference/admin-api.md', import.meta.url), 'utf8');
  ok(page.includes(referenceTable(OPERATIONS)), 'run `node scripts/docs.ts`');
});

/** Texts as nobody means them. */
const garbage = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('..', '%', '\0', '__proto__', 'x'.repeat(300), '-1', '1e99'),
);
/** Bodies that no operation takes. */
const wrongBody = fc.oneof(
  fc.string().filter((text) => text.trim() !== '' && !isJson(text)),
  fc.array(fc.jsonValue()).map((value) => JSON.stringify(value)),
  fc.constantFrom('null', 'true', '7', '"text"', '{', '{"__proto__":1}', '{"a":{"a":{"a":[]}}}'),
  fc.jsonValue().map((value) => JSON.stringify({ 'no-such-member': value })),
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

for (const { path, method, operation } of described) {
  test(`property: garbage at ${method} ${path} is a problem of the client's, never a failure`, async () => {
    const world = adminWorld();
    const takesBody = method !== 'get' && operation.requestBody?.content['*/*'] === undefined;
    const call = fc.record({
      segments: fc.array(garbage, { minLength: 2, maxLength: 2 }),
      query: garbage,
      value: garbage,
      body: wrongBody,
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ segments, query, value, body }) => {
        let index = 0;
        const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent((segments[index++] ?? 'x').toWellFormed()) || 'x');
        // The URL standard takes `.` and `..` out of a path: then another path is asked.
        const target = `${filled}?${new URLSearchParams([[`no-such-${query.toWellFormed()}`, value.toWellFormed()]]).toString()}`;
        const response = await world.ask(method.toUpperCase(), target, takesBody ? body : undefined);
        ok(response.status >= 400 && response.status < 500, `${response.status} to ${method} ${target} ${body}`);
        equal(response.headers.get('content-type'), 'application/problem+json');
        equal(((await response.json()) as { status: number }).status, response.status);
      }),
      { numRuns: 25 },
    );
    deepEqual([world.errors, world.calls, world.fleet.asked], [[], [], []]);
  });
}

for (const { path, method, operation } of described.filter(({ operation: { parameters } }) => parameters !== undefined)) {
  test(`property: any values of the parameters of ${method} ${path} are answered`, async () => {
    const world = adminWorld();
    const names = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
    const call = fc.record({
      segments: fc.array(garbage, { minLength: 2, maxLength: 2 }),
      values: fc.array(garbage, { minLength: names.length, maxLength: names.length }),
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ segments, values }) => {
        let index = 0;
        const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent((segments[index++] ?? 'x').toWellFormed()) || 'x');
        const query = new URLSearchParams(names.map((name, place) => [name, values[place]!.toWellFormed()]));
        const response = await world.ask(method.toUpperCase(), `${filled}?${query.toString()}`, method === 'get' ? undefined : '{}');
        await response.body?.cancel();
        ok(response.status < 500, `${response.status} to ${method} ${filled}?${query.toString()}`);
      }),
      { numRuns: 25 },
    );
    deepEqual(world.errors, []);
  });
}
