import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { literalPrefix } from './regex-prefix.ts';

describe('literalPrefix', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/v[0-9]+/.*', '/v'],
    ['^/a', '/a'],
    ['/a\\.b/.*', '/a.b/'],
    ['/a\\d', '/a'],
    ['/ab?c', '/a'],
    ['/ab*', '/a'],
    ['/ab{2}', '/a'],
    ['/ab+', '/ab'],
    ['/a|/b', ''],
    ['/x(a|b)', '/x'],
    ['/x[|]y', '/x'],
    ['/x[]|]|y', ''],
    ['/x[^]|]y', '/x'],
    ['(?i)/a', ''],
    ['\\Qa|b\\E', ''],
    ['', ''],
    ['\\', ''],
    ['.*', ''],
  ];
  for (const [source, expected] of cases)
    test(`of ${JSON.stringify(source)} is ${JSON.stringify(expected)}`, () => assert.equal(literalPrefix(source), expected));

  test('is shared by everything that matches', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '/',
      '|',
      '(',
      ')',
      '(?:',
      '?',
      '*',
      '+',
      '{0}',
      '{1,2}',
      '[ab]',
      '[^a]',
      '[|]',
      '\\.',
      '\\/',
      '.',
      '^',
      '$',
    );
    const text = fc.array(fc.constantFrom('a', 'b', '/', '.', '|'), { maxLength: 5 }).map((parts) => parts.join(''));
    let matches = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(text, { minLength: 20, maxLength: 40 }), (pieces, texts) => {
        let expression: RegExp;
        try {
          // By itself, too: `a)*(b` is sound only between other parentheses.
          expression = new RegExp(pieces.join(''));
          expression = new RegExp(`^(?:${pieces.join('')})$`);
        } catch {
          return;
        }
        const prefix = literalPrefix(pieces.join(''));
        for (const one of texts) {
          if (!expression.test(one)) continue;
          matches++;
          assert.ok(one.startsWith(prefix), `${pieces.join('')} matches ${one}`);
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(matches > 1000);
  });
});
