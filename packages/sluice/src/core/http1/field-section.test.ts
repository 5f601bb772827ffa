import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scanFields } from '../../../test/support/http1.ts';
import { ALIAS, ID, MORE, REFUSED, UNEVEN } from './field-section.ts';
import * as known from './known-fields.ts';

describe('the flag UNEVEN', () => {
  const lines: readonly (readonly [line: string, isUneven: boolean])[] = [
    ['A: b', false],
    ['A: b c', false],
    ['A: ', false],
    ['Host: a', false],
    ['A:b', true],
    ['A:', true],
    ['A:  b', true],
    ['A:\tb', true],
    ['A: b ', true],
    ['A: b\t', true],
    ['A:  ', true],
  ];
  for (const [line, isUneven] of lines) {
    test(`${JSON.stringify(line)} ${isUneven ? 'has' : 'does not have'} it`, () => {
      const [id = 0] = scanFields(`${line}\r\n\r\n`).ids;
      assert.equal((id & UNEVEN) !== 0, isUneven);
    });
  }
});

describe('the flag ALIAS', () => {
  const names: readonly (readonly [name: string, id: number, isAlias: boolean])[] = [
    ['Content-Length', known.CONTENT_LENGTH, false],
    ['CONTENT_LENGTH', known.CONTENT_LENGTH, true],
    ['content.length', known.CONTENT_LENGTH, true],
    ['X_Forwarded-For', known.X_FORWARDED_FOR, true],
    ['X-Forwarded.For', known.X_FORWARDED_FOR, true],
    ['Host', known.HOST, false],
    ['X_Other', known.OTHER, false],
    ['Host_', known.OTHER, false],
  ];
  for (const [name, id, isAlias] of names) {
    test(`${name} ${isAlias ? 'has' : 'does not have'} it`, () => {
      const [flags = 0] = scanFields(`${name}: 1\r\n\r\n`).ids;
      assert.deepEqual([flags & ID, (flags & ALIAS) !== 0], [id, isAlias]);
    });
  }
});

test('ids and flags share a byte without overlapping', () => {
  assert.equal(ID & ALIAS, 0);
  assert.equal((ID | ALIAS) & UNEVEN, 0);
  assert.ok(known.KNOWN_NAMES.length <= ID + 1);
});

test('a section ends behind its empty line', () => {
  assert.equal(scanFields('\r\nA: b').next, 2);
  assert.equal(scanFields('A: b\r\n\r\nrest').next, 8);
  assert.equal(scanFields('A: b\r\n').next, MORE);
});

test('bounds hold exactly', () => {
  const text = 'A: b\r\nC: d\r\n\r\n';
  assert.equal(scanFields(text, 12, 2).next, text.length);
  assert.deepEqual([scanFields(text, 11, 2).next, scanFields(text, 11, 2).fault], [REFUSED, 'too-long']);
  assert.deepEqual([scanFields(text, 12, 1).next, scanFields(text, 12, 1).fault], [REFUSED, 'headers-too-many']);
});
