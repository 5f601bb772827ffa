import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './lines.ts';

function linesOf(chunks: readonly string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('gives lines without their ends, and a last one without a newline', () => {
  assert.deepEqual(linesOf(['one\r\ntw', 'o\n\nthree']), ['one', 'two', '', 'three']);
});

test('any split of the text gives the same lines', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a\n\r]{0,5}$/)), (chunks) => {
      assert.deepEqual(linesOf(chunks), linesOf([chunks.join('')]));
    }),
  );
});

test('a line without an end is given in pieces', () => {
  const lines = linesOf(Array.from({ length: 5 }, () => 'x'.repeat(10_000)));
  assert.equal(lines.join('').length, 50_000);
  assert.ok(lines.every((line) => line.length <= 16_384));
});
