import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { scanFields } from '../../../test/support/http1.ts';
import { FOLDED } from './characters.ts';
import { HASH_START, hashStep, KNOWN_NAMES, knownField, OTHER } from './known-fields.ts';

function idOf(name: string): number {
  const bytes = Buffer.from(name, 'latin1');
  return knownField(
    bytes,
    0,
    bytes.length,
    bytes.reduce((hash, byte) => hashStep(hash, FOLDED[byte]!), HASH_START),
  );
}

describe('knownField', () => {
  for (const [id, name] of KNOWN_NAMES.entries()) {
    if (id === OTHER) continue;
    test(`${name} is known in any case and under its aliases, and not when longer or shorter`, () => {
      for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('-', '.')])
        assert.equal(idOf(spelling), id);
      for (const other of [`${name}s`, `x${name}`, `${name}-`, name.slice(0, -1), name.slice(1)]) assert.notEqual(idOf(other), id);
    });
  }

  test('names are unique', () => assert.equal(new Set(KNOWN_NAMES).size, KNOWN_NAMES.length));

  test('no other name is taken for one of ours, also where its hash is the same', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcdefhiknoprstuwxyz-'.split('')), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(name, (text) => assert.equal(KNOWN_NAMES[idOf(text)], KNOWN_NAMES.includes(text) ? text : '')),
      { numRuns: 5_000 },
    );
    assert.equal(
      knownField(
        Buffer.from('xxxx'),
        0,
        4,
        Array.from('host').reduce((hash, letter) => hashStep(hash, letter.charCodeAt(0)), HASH_START),
      ),
      OTHER,
    );
  });

  test('the scan finds them in place', () => {
    assert.deepEqual(scanFields('Host: a\r\nX: b\r\nCONNECTION: c\r\n\r\n').known, [idOf('host'), OTHER, idOf('connection')]);
  });
});
