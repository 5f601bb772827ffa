import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { scanFields } from '../../../test/support/http1.ts';
import { ALIAS, KNOWN_NAMES, knownField, OTHER } from './known-fields.ts';

function idOf(name: string): number {
  const bytes = Buffer.from(name, 'latin1');
  return knownField(bytes, 0, bytes.length);
}

describe('knownField', () => {
  for (const [id, name] of KNOWN_NAMES.entries()) {
    if (id === OTHER) continue;
    test(`${name} is known in any case and under its aliases, and not when longer or shorter`, () => {
      for (const spelling of [name, name.toUpperCase()]) assert.equal(idOf(spelling), id);
      for (const spelling of [name.replaceAll('-', '_'), name.replaceAll('-', '.')]) {
        assert.equal(idOf(spelling), spelling === name ? id : id | ALIAS);
      }
      for (const other of [`${name}s`, `x${name}`, `${name}-`, name.slice(0, -1), name.slice(1)]) assert.notEqual(idOf(other), id);
    });
  }

  test('names are unique', () => assert.equal(new Set(KNOWN_NAMES).size, KNOWN_NAMES.length));

  test('no other name is taken for one of ours, also where its key is the same', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcdefhiknoprstuwxyz-'.split('')), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(name, (text) => assert.equal(KNOWN_NAMES[idOf(text)], KNOWN_NAMES.includes(text) ? text : '')),
      { numRuns: 5_000 },
    );
    // Same length, first, middle and last but one byte.
    for (const twin of ['hxsx', 'cxxxxxxxxoxxtx', 'content-lengxh']) assert.equal(idOf(twin), OTHER);
    assert.equal(idOf('content-lexgth'), OTHER);
    assert.equal(idOf('h'), OTHER);
    assert.equal(idOf('h'.repeat(300)), OTHER);
  });

  test('the scan finds them in place', () => {
    assert.deepEqual(scanFields('Host: a\r\nX: b\r\nCONNECTION: c\r\n\r\n').known, [idOf('host'), OTHER, idOf('connection')]);
  });
});
