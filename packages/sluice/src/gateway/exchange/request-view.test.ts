import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashString } from '../../base/hash.ts';
import { RequestParser } from '../../core/http1/request-parser.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { LIMITS } from '../../../test/support/http1.ts';
import { RequestView, parameterIn } from './request-view.ts';

function viewOf(lines: readonly string[], query: string | null = null): RequestView {
  const parser = new RequestParser(LIMITS);
  const bytes = Buffer.from(`XXGET /a HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 2, bytes.length), bytes.length);
  const view = new RequestView();
  view.point(parser, bytes, 2, 'a', '/a', query);
  return view;
}

describe('a header', () => {
  test('is found in any case, joined when repeated; cookies by semicolon', () => {
    const view = viewOf(['X-A: 1', 'x-a:2', 'Cookie: a=b', 'COOKIE: c=d', 'X-Empty:']);
    assert.equal(view.header('x-a'), '1, 2');
    assert.equal(view.header('cookie'), 'a=b; c=d');
    assert.equal(view.header('x-empty'), '');
    assert.equal(view.header('x-b'), null);
    assert.equal(view.header('x'), null);
  });
});

test('the target is path and query as they are forwarded; an empty query is one', () => {
  assert.equal(viewOf([]).target, '/a');
  assert.equal(viewOf([], '').target, '/a?');
  assert.equal(viewOf([], 'b=c').target, '/a?b=c');
});

describe('what a request is balanced by', () => {
  const { balance } = servicePlan('a', []);
  const key = (
    source: 'uri' | 'header' | 'cookie' | 'query',
    name: string,
    lines: readonly string[],
    query: string | null = null,
  ): number => viewOf(lines, query).key({ ...balance, algorithm: 'hash', hashOn: { source, name } }, '1.2.3.4');

  test('the named thing', () => {
    assert.equal(key('uri', '', [], 'x'), hashString('/a?x'));
    assert.equal(key('header', 'x-a', ['X-A: b']), hashString('b'));
    assert.equal(key('cookie', 'b', ['Cookie: a=1; b=2']), hashString('2'));
    assert.equal(key('query', 'b', [], 'a=1&b=2'), hashString('2'));
  });

  test('the client, where it is not there', () => {
    const client = hashString('1.2.3.4');
    assert.equal(key('header', 'x-a', []), client);
    assert.equal(key('cookie', 'b', ['Cookie: bb=1']), client);
    assert.equal(key('query', 'b', []), client);
    assert.equal(viewOf([]).key({ ...balance, algorithm: 'ip-hash' }, '1.2.3.4'), client);
  });
});

describe('parameterIn', () => {
  const cases: readonly (readonly [query: string, value: string | null])[] = [
    ['a=1', '1'],
    ['b=2&a=1&a=3', '1'],
    ['aa=2&a=1', '1'],
    ['ba=2', null],
    ['a', null],
    ['a&a=', ''],
    ['a=b=c', 'b=c'],
    ['', null],
    ['&&', null],
  ];
  for (const [query, value] of cases)
    test(`a in ${JSON.stringify(query)} is ${JSON.stringify(value)}`, () => assert.equal(parameterIn(query, 'a'), value));
});
