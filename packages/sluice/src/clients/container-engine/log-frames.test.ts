import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogFrames } from './log-frames.ts';

function frame(stream: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function readAll(bytes: Buffer, chunkBytes: number): string[] {
  const given: string[] = [];
  const frames = new LogFrames((stream, content) => given.push(`${stream} ${content.length > 100 ? content.length : content.toString()}`));
  for (let at = 0; at < bytes.length; at += chunkBytes) frames.push(bytes.subarray(at, at + chunkBytes));
  return given;
}

test('frames are whole, however they are cut', () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, ''), frame(1, 'three')]);
  for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++)
    assert.deepEqual(readAll(bytes, chunkBytes), ['stdout one\n', 'stderr two\n', 'stdout ', 'stdout three'], `chunks of ${chunkBytes}`);
});

test('of a frame that is too long the rest is left out, and the next is found', () => {
  const bytes = Buffer.concat([frame(1, Buffer.alloc(200_000, 97)), frame(2, 'next')]);
  for (const chunkBytes of [1_000, 65_543, 65_544, 65_545, bytes.length])
    assert.deepEqual(readAll(bytes, chunkBytes), ['stdout 65536', 'stderr next'], `chunks of ${chunkBytes}`);
});
