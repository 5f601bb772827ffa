import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBudget, LineChunks } from './process-output.ts';

/** The lines that come out when the text arrives in pieces of so many bytes. */
function linesOf(bytes: Buffer, size: number): readonly string[] {
  const lines: string[] = [];
  const budget = new LineBudget({ now: () => 0, line: (_stream, text) => lines.push(text) });
  const chunks = new LineChunks();
  for (let start = 0; start < bytes.length; start += size) budget.take('stdout', chunks.push(bytes.subarray(start, start + size)));
  budget.take('stdout', chunks.rest());
  return lines;
}

test('however the bytes are cut, the lines are the same', () => {
  const bytes = Buffer.from('one\r\n\nthree äöü €\nlast without end');
  for (let size = 1; size <= bytes.length; size++) assert.deepEqual(linesOf(bytes, size), ['one', '', 'three äöü €', 'last without end']);
});

test('a line that is too long is cut between characters', () => {
  const text = `x${'€'.repeat(10_000)}`;
  for (const size of [100, 4_096, 65_536]) {
    const lines = linesOf(Buffer.from(`${text}\nnext\n`), size);
    assert.equal(lines.slice(0, -1).join(''), text);
    assert.equal(lines.at(-1), 'next');
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= 16_384 && !line.includes('\ufffd')));
  }
});

test('lines beyond the bound are left out and counted once for each flood', () => {
  let now = 0;
  const lines: string[] = [];
  const budget = new LineBudget({ now: () => now, line: (stream, text) => lines.push(`${stream} ${text}`) });
  const line = Buffer.from('y\n');
  // A short line counts 64 bytes: 1 MiB is 16,384 of them.
  for (let count = 0; count < 20_000; count++) budget.take('stdout', line);
  assert.equal(lines.length, 16_384);
  now = 100;
  budget.take('stdout', line);
  assert.equal(lines.length, 16_384, 'not yet');
  now = 1_000;
  budget.take('stdout', Buffer.from('after\n'));
  assert.deepEqual(lines.slice(16_384), [
    `stderr sluice: ${2 * (20_000 - 16_384 + 1)} bytes of output are not shown: more than 1 MiB per second`,
    'stdout after',
  ]);
  budget.end();
  assert.equal(lines.length, 16_386);
});
