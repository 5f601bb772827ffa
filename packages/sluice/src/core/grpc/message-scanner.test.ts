import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageScanner } from './message-scanner.ts';

function message(length: number, fill = 0xff): number[] {
  const prefix = [1, (length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  return [...prefix, ...Array.from({ length }, () => fill)];
}

test('the ends of messages are found whatever the pieces are', () => {
  const bytes = Uint8Array.from([...message(0), ...message(3), ...message(300), ...message(0), ...message(1)]);
  const ends = new Set([5, 13, 318, 323, 329]);
  for (const size of [1, 2, 3, 7, 64, 329]) {
    const scanner = new MessageScanner();
    assert.equal(scanner.isBetween, true, 'before the first');
    for (let at = 0; at < bytes.length; at += size) {
      const end = Math.min(at + size, bytes.length);
      scanner.feed(bytes, at, end);
      assert.equal(scanner.isBetween, ends.has(end), `pieces of ${size}, at ${end}`);
    }
  }
});

test('the longest message that can be is no sooner over', () => {
  const scanner = new MessageScanner();
  scanner.feed(Uint8Array.from([0, 0xff, 0xff, 0xff, 0xff]), 0, 5);
  scanner.feed(new Uint8Array(1_000), 0, 1_000);
  assert.equal(scanner.isBetween, false);
});
