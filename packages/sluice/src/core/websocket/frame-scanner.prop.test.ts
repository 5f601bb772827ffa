/** Whatever the pieces, the same frames, offences and boundaries; bytes that are no frames at all are followed, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frame } from '../../../test/support/websocket-frames.ts';
import { FrameScanner } from './frame-scanner.ts';

function summary({ frames, pings, pongs, isClosing, offence, isAtBoundary }: FrameScanner): object {
  return { frames, pings, pongs, isClosing, offence, isAtBoundary };
}

const anyFrame = fc
  .record({
    opcode: fc.nat(15),
    isFinal: fc.boolean(),
    mask: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 })),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.constantFrom(125, 126, 127, 300).map((size) => new Uint8Array(size)),
    ),
  })
  .map(frame);

test('frames end where they end, in any pieces', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 6 }), fc.array(fc.nat(900), { maxLength: 8 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames);
      const whole = new FrameScanner();
      whole.feed(bytes, 0, bytes.length);
      const ends = new Set([0]);
      for (let at = 0, index = 0; index < frames.length; index++) ends.add((at += frames[index]!.length));
      const cut = new FrameScanner();
      let start = 0;
      for (const end of [...cuts.filter((each) => each < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
        const boundary = cut.feed(bytes, start, end);
        const last = [...ends].filter((each) => each >= start && each <= end).at(-1) ?? -1;
        assert.equal(boundary, last, `from ${start} to ${end}`);
        assert.equal(cut.isAtBoundary, ends.has(end));
        start = end;
      }
      assert.deepEqual(summary(cut), summary(whole));
      assert.equal(whole.frames, frames.length);
    }),
    { numRuns: 1_000 },
  );
});

test('any bytes are followed alike in any pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const whole = new FrameScanner();
      whole.feed(bytes, 0, bytes.length);
      const single = new FrameScanner();
      for (let at = 0; at < bytes.length; at++) single.feed(bytes, at, at + 1);
      assert.deepEqual(summary(single), summary(whole));
    }),
    { numRuns: 1_000 },
  );
});
