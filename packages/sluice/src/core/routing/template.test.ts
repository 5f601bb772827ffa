import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileTemplate, Template, type TemplateKind, type TemplateValues } from './template.ts';

const values: TemplateValues = { path: '/a/b%20c', query: 'x=1&y="2"', host: 'example.com', rest: 'b%20c', params: ['7', 'x&y=z'] };

function expand(text: string, kind: TemplateKind = 'location', given: Partial<TemplateValues> = {}): string | null {
  const template = compileTemplate(text, kind, ['id', 'name']);
  assert.ok(template instanceof Template, typeof template === 'string' ? template : '');
  return template.expand({ ...values, ...given });
}

describe('a location template', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/new', '/new'],
    ['https://{host}{path}{query}', 'https://example.com/a/b%20c?x=1&y=%222%22'],
    ['https://new.example/u/{id}/{rest}', 'https://new.example/u/7/b%20c'],
    ['https://{id}.example.com/', 'https://7.example.com/'],
    ['/search?q={name}', '/search?q=x%26y%3Dz'],
    ['/search?q=1{query}', '/search?q=1&x=1&y=%222%22'],
    ['/a#{name}', '/a#x%26y%3Dz'],
    ['/über uns', '/%C3%BCber%20uns'],
    ['//cdn.example{path}', '//cdn.example/a/b%20c'],
    ['{path}/', '/a/b%20c/'],
  ];
  for (const [text, expected] of cases) test(`${text} gives ${expected}`, () => assert.equal(expand(text), expected));

  test('{query} is empty where there is none, and keeps a lone "?"', () => {
    assert.equal(expand('/a{query}', 'location', { query: null }), '/a');
    assert.equal(expand('/a{query}', 'location', { query: '' }), '/a?');
    assert.equal(expand('/a?b{query}', 'location', { query: '' }), '/a?b');
  });
});

describe('a path template', () => {
  test('is filled with parameters and the rest', () => {
    assert.equal(expand('/v2/{id}/{rest}', 'path'), '/v2/7/b%20c');
    assert.equal(expand('/prefix{path}', 'path'), '/prefix/a/b%20c');
    assert.equal(expand('/{rest}', 'path', { rest: '' }), '/');
  });

  test('gives a canonical path', () => {
    assert.equal(expand('/%7e/ü/{id}', 'path'), '/~/%C3%BC/7');
  });
});

describe('a template that is wrong is refused in words', () => {
  const faults: readonly (readonly [string, TemplateKind, RegExp])[] = [
    ['/{nope}', 'location', /\{nope\} is not known here; there are \{id\}, \{name\}, \{path\}, \{rest\}, \{query\}, \{host\}/],
    ['/{query}', 'path', /\{query\} is not known here/],
    ['/{', 'location', /unpaired brace/],
    ['/}', 'path', /unpaired brace/],
    ['/a\r\nSet-Cookie: x', 'location', /control character/],
    ['{rest}', 'location', /must start with/],
    ['javascript:{rest}', 'location', /must start with/],
    ['https:///x', 'location', /must start with/],
    ['https://example.com{rest}', 'location', /no "\." follows/],
    ['https://a-{id}', 'location', /no "\." follows/],
    ['https://{id}{name}.example.com', 'location', /no "\." follows/],
    ['a', 'path', /must start with "\/"/],
    ['/a?b', 'path', /the query is kept/],
    ['/../{id}', 'path', /not a valid path/],
  ];
  for (const [text, kind, fault] of faults) {
    test(`${JSON.stringify(text)} as ${kind}`, () => {
      const result = compileTemplate(text, kind, ['id', 'name']);
      assert.ok(typeof result === 'string');
      assert.match(result, fault);
    });
  }
});

describe('open redirect', () => {
  test('a path of two slashes leads to no other site', () => {
    assert.equal(expand('{path}', 'location', { path: '//evil.example/x' }), '/evil.example/x');
    assert.equal(expand('/{rest}', 'location', { rest: '/evil.example' }), '/evil.example');
    assert.equal(expand('/{rest}', 'path', { rest: '//evil.example' }), '/evil.example');
  });

  test('a parameter in the host part holds a host’s characters only', () => {
    for (const params of [['evil.example:80'], ['a@evil.example'], ['a%2Fb'], ['a;b'], ['']]) {
      assert.equal(expand('https://{id}.example.com/', 'location', { params }), null);
    }
  });
});

describe('response splitting / header injection', () => {
  for (const bad of ['\r', '\n', '\u0000', '\r\nSet-Cookie: a=b', ' ', '\u00e9']) {
    test(`a value with ${JSON.stringify(bad)} never leaves`, () => {
      for (const text of ['/x/{rest}', '/x?q={rest}', 'https://{rest}.example/'])
        assert.equal(expand(text, 'location', { rest: `a${bad}b` }), null);
      assert.equal(expand('/x{query}', 'location', { query: bad }), null);
      assert.equal(expand('https://{host}/', 'location', { host: `a${bad}` }), null);
      assert.equal(expand('/x/{rest}', 'path', { rest: `a${bad}b` }), null);
    });
  }

  test('whatever the values, the result is visible ASCII or null', () => {
    const any = fc.string({ unit: 'binary', maxLength: 8 });
    const all = fc.record({ path: any, query: fc.option(any), host: any, rest: any, params: fc.tuple(any, any) });
    fc.assert(
      fc.property(all, (given) => {
        for (const text of ['{path}{query}', '/{id}/{rest}', '/?q={name}', 'https://{host}/']) {
          const result = expand(text, 'location', given);
          if (result !== null) assert.match(result, /^[\u0021-\u007e]*$/);
        }
      }),
    );
  });
});
