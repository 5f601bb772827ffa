import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutText, fitText, safeText, textWidth } from './top-text.ts';

test('wide characters and emoji take two columns, marks none', () => {
  assert.deepEqual(['abc', '名前', 'ｆｕｌｌ', '한글', '👩‍👩‍👧‍👦', '🇩🇪', 'e\u0301', '±é…'].map(textWidth), [3, 4, 8, 4, 2, 2, 1, 3]);
});

test('texts are cut by columns, never through a character', () => {
  assert.equal(cutText('名前のサービス', 6), '名前…');
  assert.equal(cutText('名前のサービス', 7), '名前の…');
  assert.equal(cutText('名前', 4), '名前');
  assert.equal(cutText('/run/sluice/users.sock', 12, 'end'), '…/users.sock');
  assert.deepEqual([cutText('abc', 1), cutText('abc', 0)], ['…', '']);
});

test('a fitted text takes exactly its columns', () => {
  assert.equal(fitText('名', 4, 'right'), '  名');
  assert.equal(fitText('名前の', 4, 'left'), '名… ');
});

test('sequences, controls, line ends and characters that turn the order are gone before anything is measured', () => {
  assert.equal(safeText('a\x1b[31mb\x1b]0;t\x07c\r\n\td\u202ee\x9b2J\u2028f\x00'), 'abcdef');
  assert.equal(safeText('\ud800x'), '\ufffdx');
});
