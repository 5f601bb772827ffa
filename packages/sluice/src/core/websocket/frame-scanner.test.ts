import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, type FrameParts } from '../../../test/support/websocket-frames.ts';
import { FrameScanner } from './frame-scanner.ts';

function scan(...frames: readonly Uint8Array[]): FrameScanner {
  const scanner = new FrameScanner();
  const bytes = Buffer.concat(frames);
  scanner.feed(bytes, 0, bytes.length);
  return scanner;
}

const mask = Buffer.of(1, 2, 3, 4);

describe('boundaries', () => {
  test('a scanner begins at one', () => assert.equal(new FrameScanner().isAtBoundary, true));

  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    for (const key of [null, mask]) {
      test(`a ${key === null ? 'plain' : 'masked'} frame of ${size} bytes ends where it ends`, () => {
        const bytes = frame({ payload: Buffer.alloc(size), mask: key });
        const scanner = new FrameScanner();
        scanner.feed(bytes, 0, bytes.length - 1);
        assert.equal(scanner.isAtBoundary, false);
        assert.equal(scanner.feed(bytes, bytes.length - 1, bytes.length), bytes.length);
        assert.equal(scanner.isAtBoundary, true);
        assert.deepEqual([scanner.frames, scanner.offence], [1, null]);
      });
    }
  }

  test('within bytes that end in mid-frame, the last one is told', () => {
    const [first, second] = [frame({ payload: Buffer.alloc(10) }), frame({ payload: Buffer.alloc(300) })];
    const bytes = Buffer.concat([Buffer.alloc(3), first, first, second]);
    const scanner = new FrameScanner();
    assert.equal(scanner.feed(bytes, 3, 40), 3 + 2 * first.length);
    assert.equal(scanner.feed(bytes, 40, 50), -1);
    assert.equal(scanner.feed(bytes, 50, bytes.length), bytes.length);
  });

  test('a frame that begins with the bytes begins at their start', () => {
    assert.equal(new FrameScanner().feed(frame({ payload: Buffer.alloc(9) }), 0, 1), 0);
  });

  test('no bytes change nothing', () => {
    const scanner = new FrameScanner();
    assert.equal(scanner.feed(Buffer.alloc(0), 0, 0), 0);
    scanner.feed(Buffer.of(0x82), 0, 1);
    assert.equal(scanner.feed(Buffer.alloc(0), 0, 0), -1);
  });
});

describe('frames', () => {
  test('control frames are counted, within a fragmented message, too', () => {
    const said = scan(
      frame({ opcode: 1, isFinal: false, payload: Buffer.alloc(5), mask }),
      frame({ opcode: 9, payload: Buffer.alloc(125), mask }),
      frame({ opcode: 0, isFinal: false, mask }),
      frame({ opcode: 10, mask }),
      frame({ opcode: 0, payload: Buffer.alloc(5), mask }),
      frame({ opcode: 2, mask }),
    );
    assert.deepEqual([said.frames, said.pings, said.pongs, said.isClosing, said.offence], [6, 1, 1, false, null]);
  });

  test('a close is seen once its header is whole', () => {
    const scanner = new FrameScanner();
    const bytes = frame({ opcode: 8, payload: Buffer.of(3, 0xe9), mask });
    scanner.feed(bytes, 0, 1);
    assert.equal(scanner.isClosing, false);
    scanner.feed(bytes, 1, 2);
    assert.deepEqual([scanner.isClosing, scanner.isAtBoundary], [true, false]);
  });

  test('reserved bits are extensions and no offence', () => assert.equal(scan(frame({ reserved: 4 })).offence, null));
});

describe('offences', () => {
  const cases: readonly (readonly [offence: string, ...frames: readonly FrameParts[]])[] = [
    ['reserved-opcode', { opcode: 3 }],
    ['reserved-opcode', { opcode: 7 }],
    ['reserved-opcode', { opcode: 11 }],
    ['reserved-opcode', { opcode: 15 }],
    ['fragmented-control', { opcode: 9, isFinal: false }],
    ['fragmented-control', { opcode: 8, isFinal: false }],
    ['long-control', { opcode: 9, payload: Buffer.alloc(126) }],
    ['long-control', { opcode: 8, payload: Buffer.alloc(70_000) }],
    ['length-encoding', { payload: Buffer.alloc(125), lengthBytes: 2 }],
    ['length-encoding', { payload: Buffer.alloc(65_535), lengthBytes: 8 }],
    ['fragmentation', { opcode: 0 }],
    ['fragmentation', { opcode: 1 }, { opcode: 0 }],
    ['fragmentation', { opcode: 1, isFinal: false }, { opcode: 1 }],
    ['fragmentation', { opcode: 2, isFinal: false }, { opcode: 9 }, { opcode: 2, isFinal: false }],
  ];
  for (const [offence, ...frames] of cases) {
    test(`${offence}: ${JSON.stringify(frames.map(({ opcode, isFinal, lengthBytes }) => ({ opcode, isFinal, lengthBytes })))}`, () => {
      const said = scan(...frames.map((parts) => frame(parts)), frame({ opcode: 9 }));
      assert.equal(said.offence, offence);
      assert.equal(said.isAtBoundary, true, 'and still followed');
    });
  }

  test('length-top-bit', () => {
    const said = scan(Buffer.of(0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0));
    assert.deepEqual([said.offence, said.isAtBoundary], ['length-top-bit', false]);
    assert.equal(scan(Buffer.of(0x82, 0x7f, 0x7f, 0, 0, 0, 0, 0, 0, 0)).offence, null);
  });

  test('the first one is told', () =>
    assert.equal(scan(frame({ opcode: 3 }), frame({ opcode: 9, isFinal: false })).offence, 'reserved-opcode'));
});
