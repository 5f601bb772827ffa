import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lineName, TextFields } from './fields.ts';

describe('fields', () => {
  const fields = new TextFields('Content-Type: text/plain\r\nVARY:  Foo \r\nx-vary: no\r\nVary: Bar\r\nEmpty:\r\nLast:\tend\t');

  test('a name is found in any case, its value without blanks around it (RFC 9110 §5.1, §5.5)', () => {
    assert.equal(fields.get('content-type'), 'text/plain');
    assert.equal(fields.get('last'), 'end');
  });

  test('repeated lines are one list (RFC 9110 §5.3)', () => {
    assert.equal(fields.get('vary'), 'Foo, Bar');
  });

  test('every letter of a name may be of either case', () => {
    assert.equal(new TextFields('ABCXYZ@[`{-_: 1\r\n').get('abcxyz@[`{-_'), '1');
    assert.equal(new TextFields('A@: 1\r\n').get('a`'), null);
    assert.equal(new TextFields('A[: 1\r\n').get('a{'), null);
  });

  test('an empty value is not an absent one', () => {
    assert.equal(fields.get('empty'), '');
    assert.equal(fields.get('absent'), null);
  });

  test('a name is never found in a value, nor as a part of a longer name', () => {
    const tricky = new TextFields('A: etag: "x"\r\nX-ETag: "y"\r\n');
    assert.equal(tricky.get('etag'), null);
    assert.equal(new TextFields('').get('a'), null);
  });

  test('a line without a colon has no name', () => {
    assert.equal(lineName('abc\r\nd: 1\r\n', 0), '');
    assert.equal(lineName('ABC: 1\r\n', 0), 'abc');
  });
});
