import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matchPattern, parsePattern } from './pattern.ts';

describe('parsePattern', () => {
  test('tells literals, parameters and an open end apart', () => {
    assert.deepEqual(parsePattern('/users/:id/a:b/*'), { segments: ['users', null, 'a:b'], names: ['id'], isOpen: true });
    assert.deepEqual(parsePattern('/'), { segments: [''], names: [], isOpen: false });
    assert.deepEqual(parsePattern('/*'), { segments: [], names: [], isOpen: true });
    assert.deepEqual(parsePattern('/a/'), { segments: ['a', ''], names: [], isOpen: false });
  });

  test('brings literals into canonical form', () => {
    assert.deepEqual(parsePattern('/%7Ea/b|c'), { segments: ['~a', 'b%7Cc'], names: [], isOpen: false });
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ['users', /must start with "\/"/],
    ['', /must start/],
    ['/:', /parameter ":"/],
    ['/:1a', /parameter ":1a"/],
    ['/:a-b', /parameter ":a-b"/],
    ['/:a/:a', /stands twice/],
    ['/:rest/*', /what templates call the part/],
    ['/a*', /"\*" may only stand alone/],
    ['/*/a', /"\*" may only stand alone/],
    ['/a/./b', /segment "\."/],
    ['/a/../b', /segment "\.\."/],
    ['/%2e', /segment "%2e"/],
    ['/a b', /segment "a b"/],
    ['/%zz', /segment "%zz"/],
  ];
  for (const [text, fault] of faults) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      const result = parsePattern(text);
      assert.ok(typeof result === 'string');
      assert.match(result, fault);
    });
  }
});

test('matchPattern reuses the array of values', () => {
  const pattern = parsePattern('/:a/:b');
  assert.ok(typeof pattern !== 'string');
  const values = ['old', 'old', 'old'];
  assert.equal(matchPattern(pattern, '/1/2', values), 4);
  assert.deepEqual(values, ['1', '2']);
});
