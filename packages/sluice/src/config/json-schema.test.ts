import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configJsonSchema } from './json-schema.ts';

interface Schema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schema = configJsonSchema() as Schema;
const definitions = schema.$defs ?? {};

test('it is a JSON Schema 2020-12 that allows no unknown keys', () => {
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  for (const [name, definition] of Object.entries({ root: schema, ...definitions })) {
    assert.equal(definition['additionalProperties'], false, name);
    assert.equal(typeof definition['title'], 'string', name);
    assert.equal(typeof definition['description'], 'string', name);
  }
});

test('every field says what it means', () => {
  for (const [name, definition] of Object.entries({ root: schema, ...definitions })) {
    for (const [key, field] of Object.entries(definition.properties ?? {})) {
      assert.ok(typeof field['description'] === 'string' || typeof field['$ref'] === 'string', `${name}.${key} has no description`);
    }
  }
});

test('defaults stand as people would write them', () => {
  assert.equal(definitions['RouteTimeouts']?.properties?.['responseHeader']?.['default'], '60s');
  assert.equal(definitions['Http1Limits']?.properties?.['headers']?.['default'], '32KiB');
  assert.equal(definitions['Service']?.properties?.['panicThreshold']?.['default'], 0.5);
  assert.equal(schema.properties?.['admin']?.['default'], '127.0.0.1:9900');
});

test('it is plain data', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
});

test('what only a module can hold fits nothing in JSON', () => {
  const signal = definitions['TargetPolicy']?.properties?.['signal'];
  const forms = signal?.['anyOf'] as readonly Schema[];
  assert.deepEqual(
    forms.map((form) => form['type'] ?? form['$ref'] ?? form['not']),
    ['string', '#/$defs/PrometheusSignal', '#/$defs/UrlSignal', {}],
  );
});
