import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, property } from 'fast-check';
import { unifiedDiff } from './line-diff.ts';

test('lines that differ are shown with three around them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const after = before.with(4, 'E');
  assert.equal(
    unifiedDiff(before.join('\n'), after.join('\n')),
    ['@@ -2,7 +2,7 @@', ' b', ' c', ' d', '-e', '+E', ' f', ' g', ' h', ''].join('\n'),
  );
});

test('what is the same gives nothing', () => assert.equal(unifiedDiff('a\nb', 'a\nb'), ''));

test('changes far from each other have a head each', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const diff = unifiedDiff(before.join('\n'), before.with(2, 'x').toSpliced(30, 1).join('\n'));
  assert.deepEqual(
    diff.split('\n').filter((line) => line.startsWith('@@')),
    ['@@ -1,6 +1,6 @@', '@@ -28,7 +28,6 @@'],
  );
});

test('a table that would be too large gives up what is the same in between', () => {
  const lines = (name: string): string => Array.from({ length: 3_000 }, (_, index) => `${name} ${index}`).join('\n');
  const diff = unifiedDiff(lines('a'), lines('b'));
  assert.match(diff, /… 4001 more lines\n$/);
});

test('removed and added lines are those of both texts', () => {
  const text = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
  check(
    property(text, text, (before, after) => {
      const body = unifiedDiff(before.join('\n'), after.join('\n'))
        .split('\n')
        .filter((line) => /^[-+ ]/.test(line));
      const count = (sign: string, value: string): number => body.filter((line) => line === sign + value).length;
      const of = (list: readonly string[], value: string): number => list.filter((item) => item === value).length;
      for (const value of ['a', 'b', 'c']) assert.equal(of(after, value) - of(before, value), count('+', value) - count('-', value));
    }),
  );
});
