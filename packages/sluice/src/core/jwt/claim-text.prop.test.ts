/** Whatever a claim holds, it becomes one line of a header that reads back to what went in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLAIM_TEXT_MAX, claimText } from './claim-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

test('a text is visible ASCII and reads back', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const found = claimText(text);
      if (text === '') return assert.equal(found, null);
      assert.match(found!, /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/);
      assert.equal(decodeURIComponent(found!), text.toWellFormed());
    }),
    { numRuns: 2_000 },
  );
});

test('a list reads back by its commas', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 2, maxLength: 5 }), (list) => {
      const found = claimText(list);
      assert.match(found!, /^[\x20-\x7e]+$/);
      assert.deepEqual(
        found!.split(',').map(decodeURIComponent),
        list.map((each) => each.toWellFormed()),
      );
    }),
  );
});

test('other values are JSON; nothing and what is too long are not sent', () => {
  assert.deepEqual([claimText(5), claimText(true), claimText({ a: 'ü' }), claimText([1, 'a'])], ['5', 'true', '{"a":"%C3%BC"}', '1,a']);
  assert.deepEqual([claimText(undefined), claimText(null), claimText(''), claimText([])], [null, null, null, null]);
  assert.equal(claimText('x'.repeat(CLAIM_TEXT_MAX))?.length, CLAIM_TEXT_MAX);
  assert.equal(claimText('x'.repeat(CLAIM_TEXT_MAX + 1)), null);
});
