import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { plainLine } from './console.ts';

test('a line of a program steers no terminal of another', () => {
  equal(plainLine('\u001b[31mred\u001b[0m\tand plain ü€'), 'red\tand plain ü€');
  equal(plainLine('\r\u001b[2K[users.1] all is well'), '[users.1] all is well');
  // SOS, APC and PM have a terminal swallow what follows.
  for (const opener of ['X', '_', '^']) equal(/[^ -~]/.test(plainLine(`\u001b${opener}hidden`)), false);
  equal(plainLine('a\0b\u0007c\bd\u009be'), 'abcde');
});
