/** The choice against what the clauses of RFC 9110 §12.5.3 say, written down once more without any care for speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseCoding, CODINGS, type Coding } from './accept-encoding.ts';

const NAMES = ['zstd', 'br', 'gzip', 'identity', '*', 'deflate', 'compress'] as const;
const element = fc.record({
  name: fc.constantFrom(...NAMES),
  thousandths: fc.integer({ min: 0, max: 1000 }),
  isPlain: fc.boolean(),
  blanks: fc.constantFrom('', ' ', '\t '),
});
const offers = fc.shuffledSubarray([...CODINGS], { minLength: 1 });

/** The choice as one would make it by hand. */
function byHand(elements: readonly { name: string; weight: number }[], offered: readonly Coding[]): Coding | null {
  const weightOf = (name: string): number | undefined => elements.find((each) => each.name === name)?.weight;
  const ranked = offered
    .map((coding, place) => ({ coding, place, weight: weightOf(coding) ?? weightOf('*') ?? 0 }))
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight || left.place - right.place);
  const [first] = ranked;
  if (first === undefined || (weightOf('identity') ?? -1) > first.weight) return null;
  return first.coding;
}

test('the heaviest coding that is offered is chosen, whatever the list', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 8 }), offers, (list, offered) => {
      const elements = list.map(({ name, thousandths, isPlain }) => ({ name: name as string, weight: isPlain ? 1 : thousandths / 1000 }));
      const text = list.map(({ name, thousandths, isPlain, blanks }) =>
        isPlain ? name : `${name}${blanks};${blanks}q=${(thousandths / 1000).toFixed(3)}`,
      );
      assert.equal(chooseCoding(text.join(', '), offered), byHand(elements, offered), text.join(', '));
    }),
  );
});

test('any text gets an answer, and never a coding that it does not name', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60, unit: 'binary-ascii' }), offers, (text, offered) => {
      const chosen = chooseCoding(text, offered);
      assert.ok(chosen === null || text.toLowerCase().includes(chosen) || text.includes('*'));
    }),
  );
});
