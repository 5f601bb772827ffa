import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextFields } from '../../core/caching/http/fields.ts';
import { markFor, markText, readMark, variantOf } from './vary-mark.ts';

const newId = (): string => 'new';

test('a mark comes back as it was written', () => {
  const mark = { id: 'x1', count: 3, names: ['accept-encoding', 'accept-language'] };
  assert.deepEqual(readMark(markText(mark)), mark);
});

test('a mark stays while replies vary by no more than before, and is made anew when they vary by more', () => {
  const before = { id: 'old', count: 2, names: ['accept-language', 'origin'] };
  assert.equal(markFor(before, ['origin'], newId), before);
  assert.deepEqual(markFor(before, ['accept', 'origin'], newId), { id: 'new', count: 0, names: ['accept', 'accept-language', 'origin'] });
  assert.deepEqual(markFor(null, ['origin'], newId), { id: 'new', count: 0, names: ['origin'] });
});

test('replies that vary by more fields than a key takes are not kept', () => {
  const names = Array.from({ length: 16 }, (_, index) => `a${String(index).padStart(2, '0')}`);
  assert.equal(markFor({ id: 'old', count: 1, names }, ['zz'], newId), null);
});

test('variants of different marks never have one key', () => {
  const fields = new TextFields('Origin: one\r\n');
  const mark = { id: 'one', count: 0, names: ['origin'] };
  assert.equal(variantOf('key', mark, fields), variantOf('key', { ...mark, count: 5 }, fields));
  assert.notEqual(variantOf('key', mark, fields), variantOf('key', { ...mark, id: 'two' }, fields));
  assert.notEqual(variantOf('key', mark, fields), variantOf('key', mark, new TextFields('Origin: two\r\n')));
});
