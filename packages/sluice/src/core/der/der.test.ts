import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DerError, DerReader, oidText, TAG } from './der-reader.ts';
import { isTime, readTime } from './der-time.ts';
import { derElement, derOid, derSequence } from './der-writer.ts';

const read = (...bytes: number[]): DerReader => new DerReader(Uint8Array.from(bytes));

test('what is written is read again, whatever its length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (content) => {
      const reader = new DerReader(derElement(TAG.octetString, content));
      assert.deepEqual(reader.expect(TAG.octetString, 'bytes').content, content);
      assert.ok(reader.isAtEnd);
    }),
    { numRuns: 30 },
  );
});

test('no bytes make the reader do anything but read or throw a DerError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new DerReader(bytes);
      try {
        while (!reader.isAtEnd) reader.next();
      } catch (error) {
        assert.ok(error instanceof DerError);
      }
    }),
  );
});

test('refuses lengths that DER does not allow, and what ends too early', () => {
  for (const bytes of [
    [0x30, 0x80, 0, 0],
    [0x04, 0x81, 0x01, 0],
    [0x04, 0x82, 0, 0x80],
    [0x04, 0x85, 0, 0, 0, 0, 1],
    [0x04, 2, 1],
    [0x04],
    [0x1f, 0x81, 1, 0],
  ]) {
    assert.throws(() => read(...bytes).next(), DerError, bytes.join(' '));
  }
});

test('an element of another tag is named', () => {
  assert.throws(() => read(0x02, 1, 0).expect(TAG.sequence, 'certificate'), /no certificate where/);
  assert.equal(read(0x02, 1, 0).optional(TAG.sequence), null);
});

test('object identifiers keep their dotted form', () => {
  for (const dotted of ['1.3.6.1.5.5.7.1.24', '2.5.29.17', '1.2.840.113549.1.1.11', '2.999.3', '0.9.2342']) {
    assert.equal(oidText(new DerReader(derOid(dotted)).next().content), dotted);
  }
  assert.throws(() => oidText(Uint8Array.of(0x2a, 0x86)), DerError);
  assert.throws(() => oidText(new Uint8Array()), DerError);
});

test('a sequence holds its parts', () => {
  const reader = new DerReader(derSequence(derOid('1.2.3'), derOid('1.2.4'))).enter(TAG.sequence, 'list');
  assert.equal(oidText(reader.next().content), '1.2.3');
  assert.equal(oidText(reader.next().content), '1.2.4');
  assert.throws(() => reader.next(), DerError);
});

const timeOf = (tag: number, text: string): number => readTime(new DerReader(derElement(tag, Buffer.from(text))).next());

test("times are the calendar's", () => {
  assert.equal(timeOf(TAG.utcTime, '261120112114Z'), Date.UTC(2026, 10, 20, 11, 21, 14));
  assert.equal(timeOf(TAG.utcTime, '500101000000Z'), Date.UTC(1950, 0, 1));
  assert.equal(timeOf(TAG.generalizedTime, '20500229000000Z'), Date.UTC(2050, 1, 29));
  fc.assert(
    fc.property(fc.date({ min: new Date('1600-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }), (date) => {
      const text = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
      assert.equal(timeOf(TAG.generalizedTime, text), Math.floor(date.getTime() / 1000) * 1000);
    }),
  );
});

test('times in other forms are refused', () => {
  for (const text of ['2611201121Z', '261120112114+0100', '261320112114Z', '261100112114Z', '261120252114Z', '']) {
    assert.throws(() => timeOf(TAG.utcTime, text), DerError, text);
  }
  assert.throws(() => timeOf(TAG.integer, '261120112114Z'), DerError);
  assert.deepEqual([isTime(TAG.utcTime), isTime(TAG.integer), isTime(null)], [true, false, false]);
});
