/** Output gathered in blocks: order, growth, and whose memory it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameLog } from '../../../test/support/http2.ts';
import { BlockPool, LARGE_BYTES, SMALL_BYTES } from './block-pool.ts';
import { FrameWriter } from './frame-writer.ts';

/** A target that answers whether it still uses what it got. */
class Target {
  readonly blocks: Uint8Array[] = [];
  readonly parts: Buffer[] = [];
  isBusy = false;
  write(bytes: Uint8Array, start: number, end: number): void {
    this.blocks.push(bytes);
    this.parts.push(Buffer.from(bytes.subarray(start, end)));
  }
  finish(): boolean {
    return this.isBusy;
  }
}

function setUp(): { writer: FrameWriter; pool: BlockPool; target: Target; pending: () => number } {
  let count = 0;
  const pool = new BlockPool((bytes) => new Uint8Array(bytes).fill(0xee));
  const writer = new FrameWriter(pool, { onPending: () => count++ });
  return { writer, pool, target: new Target(), pending: () => count };
}

test('a session without output holds no memory, and says when there is some', () => {
  const { writer, target, pending } = setUp();
  assert.equal(writer.bytes.length, 0);
  writer.drain(target);
  assert.deepEqual([target.parts.length, pending()], [0, 0]);
  writer.settingsAck();
  writer.settingsAck();
  assert.deepEqual([writer.size, writer.bytes.length, pending()], [18, SMALL_BYTES, 1]);
  writer.drain(target);
  assert.deepEqual([writer.size, writer.bytes.length], [0, 0]);
  writer.settingsAck();
  assert.equal(pending(), 2);
});

test('a turn that outgrows a small block goes on in a large one, in one piece', () => {
  const { writer, target } = setUp();
  const content = Buffer.alloc(16_384, 'a');
  for (let index = 0; index < 8; index++) writer.data(1, content, 0, content.length);
  writer.drain(target);
  assert.equal(target.parts.length, 1);
  assert.deepEqual(
    new FrameLog().read(target.parts[0]!),
    Array.from({ length: 8 }, () => 'DATA 1 16384'),
  );
});

test('what outgrows a large block becomes pieces, in order; a frame is never lost at the seam', () => {
  const { writer, target } = setUp();
  const expected: string[] = [];
  for (let index = 0; index < 400; index++) {
    const content = Buffer.alloc(3_000 + index, 'x');
    writer.data(1, content, 0, content.length);
    expected.push(`DATA 1 ${3_000 + index}`);
    writer.windowUpdate(3, index + 1);
    expected.push(`WINDOW_UPDATE 3 ${index + 1}`);
  }
  const { size } = writer;
  writer.drain(target);
  const all = Buffer.concat(target.parts);
  assert.ok(target.parts.length > 5);
  assert.equal(all.length, size);
  assert.deepEqual(new FrameLog().read(all), expected);
});

test('headers that are being written when a block is full move to the next one whole', () => {
  const { writer, target } = setUp();
  const content = Buffer.alloc(16_384, 'x');
  while (writer.size < LARGE_BYTES - 17_000) writer.data(1, content, 0, content.length);
  writer.beginHeaders(5, false);
  const lead = Buffer.alloc(7, 'n');
  const value = Buffer.alloc(32_128, 'v');
  for (const part of [lead, value]) {
    writer.reserve(part.length);
    writer.bytes.set(part, writer.length);
    writer.length += part.length;
  }
  writer.endHeaders(5);
  writer.endStream(5);
  writer.drain(target);
  const types: number[] = [];
  const all = Buffer.concat(target.parts);
  for (let at = 0; at < all.length; at += 9 + all.readUIntBE(at, 3))
    if (all[at + 3] !== 0) types.push(all[at + 3]!, all[at + 4]!, all.readUIntBE(at, 3));
  assert.deepEqual(types, [1, 1, 16_384, 9, 4, lead.length + value.length - 16_384]);
});

test('an end whose frame stands in a block that is full gets a frame of its own', () => {
  const { writer, target } = setUp();
  const content = Buffer.alloc(16_384, 'x');
  while (writer.size < LARGE_BYTES - 16_500) writer.data(3, content, 0, content.length);
  writer.data(1, content, 0, LARGE_BYTES - writer.size - 9);
  writer.settingsAck();
  writer.endStream(1);
  writer.drain(target);
  assert.equal(target.parts.length, 2);
  assert.deepEqual(new FrameLog().read(target.parts[1]!), ['SETTINGS ACK', 'DATA 1 END_STREAM ""']);
});

test('an end behind a write gets a frame of its own', () => {
  const { writer, target } = setUp();
  writer.data(1, Buffer.from('x'), 0, 1);
  writer.drain(target);
  writer.endStream(1);
  writer.drain(target);
  assert.deepEqual(new FrameLog().read(Buffer.concat(target.parts)), ['DATA 1 "x"', 'DATA 1 END_STREAM ""']);
});

test('blocks are used again, unless the target still needs them', () => {
  const { writer, target, pool } = setUp();
  writer.settingsAck();
  writer.drain(target);
  writer.settingsAck();
  target.isBusy = true;
  writer.drain(target);
  assert.equal(target.blocks[0], target.blocks[1]);
  writer.settingsAck();
  writer.drain(target);
  assert.notEqual(target.blocks[1], target.blocks[2]);
  pool.give(target.blocks[1]!);
  writer.settingsAck();
  writer.drain(target);
  assert.equal(target.blocks[3], target.blocks[1]);
});
