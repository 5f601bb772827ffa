import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linearReplacer } from './replacing-regex.ts';
import { normalizePath } from '../routing/path.ts';
import { prefixOf, rewritePath } from './path-rewrite.ts';

const piece = fc.constantFrom(
  '/',
  '..',
  '.',
  'a',
  'b',
  '%2e',
  '%2F',
  '%5c',
  ';',
  '\\',
  '?',
  '#',
  '\r',
  '\n',
  '\0',
  ' ',
  'é',
  '%',
  '%00',
  '//',
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('whatever the rules and the client, what comes out is a canonical path or a refusal: no dots, no controls, no query', () => {
  fc.assert(
    fc.property(text, text, text, text, fc.boolean(), (asked, replacement, added, replaced, hasReplace) => {
      const path = normalizePath(`/${asked}`, { mergeSlashes: false, encodedSlashes: 'keep' });
      if (path === null) return;
      const rules = {
        stripPrefixes: ['/a', '/b/a'],
        replacePath: hasReplace ? `/${replaced}` : null,
        addPrefix: added === '' ? '' : `/${added}`,
      };
      const made = rewritePath(
        path,
        prefixOf(path, rules.stripPrefixes),
        rules,
        linearReplacer('b(.*)', `${replacement.replaceAll('$', '')}$1`),
      );
      if (made === null) return;
      assert.match(made, /^\/[\x21-\x7e]*$/);
      assert.ok(!/[?#\\]/.test(made) && !made.includes('%00'));
      for (const segment of made.split(/\/|%2F|%5C/i)) assert.ok(!/^\.\.?(;|$)/.test(segment), made);
      assert.equal(normalizePath(made, { mergeSlashes: false, encodedSlashes: 'keep' }), made);
    }),
    { numRuns: 3000 },
  );
});
