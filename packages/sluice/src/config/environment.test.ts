import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandText, expandValue, readVariable } from './environment.ts';

const ENVIRONMENT = { HOST: 'db.internal', PORT: '5432', EMPTY: '' };

test('variables stand anywhere in a text', () => {
  assert.deepEqual(expandText('${HOST}:${PORT}', ENVIRONMENT), { text: 'db.internal:5432', missing: [] });
});

test('a default stands in for what is missing or empty', () => {
  assert.equal(expandText('${NONE:-8080}', ENVIRONMENT).text, '8080');
  assert.equal(expandText('${EMPTY:-x}', ENVIRONMENT).text, 'x');
  assert.equal(expandText('${NONE:-}', ENVIRONMENT).text, '');
  assert.deepEqual(expandText('${EMPTY}', ENVIRONMENT), { text: '', missing: [] });
});

test('$${ stands for ${', () => {
  assert.equal(expandText('$${HOST}', ENVIRONMENT).text, '${HOST}');
});

test('what is not a variable stays as it is', () => {
  for (const text of ['$HOST', '${}', '${1A}', '{HOST}', '${HOST']) assert.deepEqual(expandText(text, ENVIRONMENT), { text, missing: [] });
});

test('inherited properties are not variables', () => {
  assert.deepEqual(expandText('${toString}', ENVIRONMENT).missing, ['toString']);
});

test('every missing variable of a value is reported with its path', () => {
  const { value, faults } = expandValue({ a: ['${HOST}', { b: '${ONE}' }], c: '${TWO}', d: 1 }, ENVIRONMENT);
  assert.deepEqual(value, { a: ['db.internal', { b: '' }], c: '', d: 1 });
  assert.deepEqual(
    faults.map((fault) => fault.path),
    ['a[1].b', 'c'],
  );
  assert.match(faults[0]?.message ?? '', /ONE, which is not set; set it, or give a default: \$\{ONE:-value\}/);
});

test('the type of the default decides the type of the value', () => {
  assert.equal(readVariable(ENVIRONMENT, 'PORT', 1), 5432);
  assert.equal(readVariable(ENVIRONMENT, 'PORT'), '5432');
  assert.equal(readVariable(ENVIRONMENT, 'NONE', 8080), 8080);
  assert.equal(readVariable({ ON: 'true' }, 'ON', false), true);
  assert.throws(() => readVariable(ENVIRONMENT, 'HOST', 1), /HOST must be a number/);
  assert.throws(() => readVariable(ENVIRONMENT, 'HOST', true), /HOST must be true or false/);
  assert.throws(() => readVariable(ENVIRONMENT, 'NONE'), /NONE is not set/);
});
