import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileField, cookieSatisfies, headerSatisfies, querySatisfies, type FieldCondition } from './fields.ts';

const compileRegex =
  (source: string) =>
  (text: string): boolean =>
    new RegExp(`^(?:${source})$`).test(text);
const field = (name: string, kind: FieldCondition['kind'], value = '') => compileField({ name, kind, value }, compileRegex);

describe('a header condition', () => {
  test('present, equal, prefix, regular expression over the whole value', () => {
    assert.equal(headerSatisfies('', field('a', 'present')), true);
    assert.equal(headerSatisfies(null, field('a', 'present')), false);
    assert.equal(headerSatisfies('x', field('a', 'equal', 'x')), true);
    assert.equal(headerSatisfies('X', field('a', 'equal', 'x')), false);
    assert.equal(headerSatisfies('xy', field('a', 'prefix', 'x')), true);
    assert.equal(headerSatisfies('axb', field('a', 'regex', 'x')), false);
    assert.equal(headerSatisfies('axb', field('a', 'regex', 'a.b')), true);
    assert.equal(headerSatisfies(null, field('a', 'regex', '.*')), false);
  });
});

describe('a cookie condition', () => {
  const accepted: readonly (readonly [string, FieldCondition['kind'], string])[] = [
    ['a=1', 'equal', '1'],
    ['b=2; a=1', 'equal', '1'],
    ['b=2;a=1', 'equal', '1'],
    ['a=2; a=1', 'equal', '1'],
    ['a=1 ; b=2', 'equal', '1'],
    ['a=', 'present', ''],
    ['a=x=y', 'equal', 'x=y'],
    ['a="1"', 'equal', '"1"'],
    ['  a=10', 'prefix', '1'],
    [';;; a=10', 'regex', '[0-9]+'],
  ];
  for (const [cookies, kind, value] of accepted)
    test(`${kind} ${value} holds for ${cookies}`, () => assert.ok(cookieSatisfies(cookies, field('a', kind, value))));

  for (const cookies of ['', 'a', 'aa=1', 'b=a=1', 'A=1', 'xa=1', ' ; ', 'b="; c=a=1"']) {
    test(`is not found in ${JSON.stringify(cookies)}`, () => assert.equal(cookieSatisfies(cookies, field('a', 'present')), false));
  }
});

describe('a query condition', () => {
  const accepted: readonly (readonly [string, FieldCondition['kind'], string])[] = [
    ['a=1', 'equal', '1'],
    ['b=2&a=1', 'equal', '1'],
    ['a=2&a=1', 'equal', '1'],
    ['a', 'present', ''],
    ['a', 'equal', ''],
    ['a=', 'equal', ''],
    ['a=x=y', 'equal', 'x=y'],
    ['a=%31', 'equal', '1'],
    ['%61=1', 'equal', '1'],
    ['a=x+y', 'equal', 'x y'],
    ['a=x%2By', 'equal', 'x+y'],
    ['a=%C3%A9', 'equal', 'é'],
    ['a=%ff&a=1', 'equal', '1'],
    ['a=10', 'prefix', '1'],
    ['&&a=10', 'regex', '[0-9]+'],
  ];
  for (const [query, kind, value] of accepted)
    test(`${kind} ${value} holds for ${query}`, () => assert.ok(querySatisfies(query, field('a', kind, value))));

  for (const query of ['', 'aa=1', 'b=a', 'A=1', 'b&=a', 'a=%', 'a=%zz', 'a=%ff', '%6=1', 'a%=1']) {
    test(`is not found in ${JSON.stringify(query)}`, () => assert.equal(querySatisfies(query, field('a', 'present')), false));
  }

  test('reads names and values as URLSearchParams does, where the escapes are sound', () => {
    const part = fc.constantFrom('a', 'b', '=', '&', '%61', '+', '%26', '%3D', '%C3%A9', '1');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.constantFrom('a', 'b', 'aa', 'a b'), (parts, name) => {
        const query = parts.join('');
        const value = new URLSearchParams(query).getAll(name).at(-1);
        assert.equal(querySatisfies(query, field(name, 'equal', value ?? '')), value !== undefined);
      }),
      { numRuns: 3000 },
    );
  });

  test('takes time linear in the query, also without any "="', () => {
    const start = performance.now();
    assert.equal(querySatisfies('x&'.repeat(200_000), field('a', 'present')), false);
    assert.ok(performance.now() - start < 1000);
  });
});
