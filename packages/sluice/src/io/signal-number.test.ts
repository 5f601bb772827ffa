import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt } from './signal-number.ts';

test('a number alone, or at a pointer', () => {
  assert.equal(numberAt('42\n', ''), 42);
  assert.equal(numberAt('{"queue":{"waiting":7}}', '/queue/waiting'), 7);
  assert.equal(numberAt('{"a/b":[0,{"m~n":3.5}]}', '/a~1b/1/m~0n'), 3.5);
  assert.equal(numberAt('{"":{"":1}}', '//'), 1);
  assert.equal(numberAt('{"~1":1}', '/~01'), 1);
});

test('what is no number says what is there', () => {
  assert.throws(() => numberAt('{"a":"7"}', '/a'), /what stands at "\/a" in the answer is no number: "7"/);
  assert.throws(() => numberAt('{"a":7}', '/b'), /is not there/);
  assert.throws(() => numberAt('{}', '/toString'), /is not there/);
  assert.throws(() => numberAt('[1,2]', '/01'), /is not there/);
  assert.throws(() => numberAt('[1,2]', '/length'), /is not there/);
  assert.throws(() => numberAt('{"a":7}', ''), /the answer is no number/);
  assert.throws(() => numberAt('1e999', ''), /no number/);
  assert.throws(() => numberAt('<html>', ''), /neither a number nor JSON: "<html>"/);
});
