/** Spellings that are undone, and what stays as it is. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classesOf } from './character-classes.ts';
import { decodePercent, FOUND_BROKEN, FOUND_NUL, FOUND_OVERLONG, FOUND_WIDE, takeFound } from './percent.ts';
import { decodeEntities, decodeEscapes, dropSqlComments, fold, plainPath, plainScheme, plainShell, squeeze } from './text-forms.ts';
import { WordAutomaton } from './word-automaton.ts';

type Rows = readonly (readonly [given: string, wanted: string])[];
const rows = (name: string, form: (text: string) => string, cases: Rows): void =>
  void test(name, () => {
    for (const [given, wanted] of cases) assert.equal(form(given), wanted, JSON.stringify(given));
  });

describe('text', () => {
  rows('has its percent escapes undone, overlong and wide ones too', (text) => decodePercent(text, 0, text.length, true), [
    ['a+b%20c', 'a b c'],
    ['%c3%a9%E4%B8%AD%F0%9F%98%80', 'é中😀'],
    ['%c0%af%e0%80%ae', '/.'],
    ['%u003cb', '<b'],
    ['100%', '100%'],
    ['%zz%4', '%zz%4'],
    ['%ff%41', 'ÿA'],
  ]);

  test('tells what was odd in its escapes', () => {
    for (const [text, bit] of [
      ['%c0%af', FOUND_OVERLONG],
      ['%00', FOUND_NUL],
      ['%', FOUND_BROKEN],
      ['%u0041', FOUND_WIDE],
    ] as const) {
      takeFound();
      decodePercent(text, 0, text.length, false);
      assert.ok((takeFound() & bit) !== 0, text);
    }
  });

  rows('has its entities undone', decodeEntities, [
    ['&lt;b&gt; &amp; &#60;&#x3C&#X3c;', '<b> & <<<'],
    ['a & b &nosuch; &', 'a & b &nosuch; &'],
    ['&#99999999999;', '&#99999999999;'],
  ]);

  rows('has escapes of JavaScript undone', decodeEscapes, [
    ['\\u003c\\x3e\\u{3c}', '<><'],
    ['c:\\windows\\x', 'c:\\windows\\x'],
    ['\\u{zz}\\u00', '\\u{zz}\\u00'],
  ]);

  rows('is folded as often as anybody might', (text) => fold(text, classesOf(text)), [
    ['%253Cb%253e', '<b>'],
    ['%26lt;B', '<b'],
    ['ＳＥＬＥＣＴ＜', 'select<'],
    ['a\0b', 'ab'],
    ['plain', 'plain'],
  ]);

  rows('has one space for many', (text) => squeeze(text, classesOf(text)), [
    ['a  b\t\r\nc d', 'a b c d'],
    ['a b', 'a b'],
    ['\n', ' '],
  ]);

  rows('has no SQL comments, but those that MySQL runs', dropSqlComments, [
    ['a/**/b/* c */d', 'a b d'],
    ['1 /*!50000union*/ select', '1 union select'],
    ['a/*b', 'a '],
    ['a/*!b', 'a b '],
  ]);

  rows('has plain paths', plainPath, [
    ['..\\..//a/./b', '../../a/b'],
    ['/a/b', '/a/b'],
    ['\\', '/'],
  ]);

  rows('is as a shell reads it', plainShell, [
    ["c'a't /e\\tc", 'cat /etc'],
    ['cat${ifs}x$ifs$9y', 'cat x y'],
    ['w$@ho', 'who'],
    ['$x', '$x'],
  ]);

  rows('is as a browser reads a scheme', plainScheme, [['java\tscr\nipt:', 'javascript:']]);
});

test('an automaton finds all words, within each other too, in both cases', () => {
  const words = ['he', 'she', 'hers', 'his', "' or"];
  const { symbols, next, width, ends, chain } = new WordAutomaton(words);
  const found: string[] = [];
  let state = 0;
  for (const character of "uSHErs ' OR é") {
    const code = character.charCodeAt(0);
    state = next[state * width + (code < 128 ? symbols[code]! : 0)]!;
    for (let entry = ends[state]!; entry !== 0; entry = chain[entry]!) found.push(words[chain[entry - 1]!]!);
  }
  assert.deepEqual(found, ['she', 'he', 'hers', "' or"]);
});
