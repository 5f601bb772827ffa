import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { Outbox } from './outbox.ts';

/** A socket that notes each message, and takes none while it is `stuck`. */
class Sink extends Writable {
  readonly messages: string[] = [];
  isStuck = false;
  private waiting: (() => void) | null = null;

  constructor() {
    super({ highWaterMark: 64, decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.messages.push(typeof chunk === 'string' ? chunk : chunk.toString('latin1'));
    if (this.isStuck) this.waiting = done;
    else done();
  }

  override _writev(chunks: { chunk: string | Buffer; encoding: BufferEncoding }[], done: () => void): void {
    this._write(chunks.map(({ chunk }) => (typeof chunk === 'string' ? chunk : chunk.toString('latin1'))).join(''), 'latin1', done);
  }

  release(): void {
    this.isStuck = false;
    this.waiting?.();
  }
}

function outbox(): { readonly sink: Sink; readonly box: Outbox } {
  const sink = new Sink();
  return { sink, box: new Outbox(sink as unknown as Socket) };
}

const LARGE = Buffer.from('x'.repeat(9_000));

describe('an outbox', () => {
  test('sends short pieces as one message, and nothing before flush', () => {
    const { sink, box } = outbox();
    box.addText('a\xff');
    box.addBytes(Buffer.from('.bc.'), 1, 3);
    box.addText('d');
    assert.deepEqual(sink.messages, []);
    assert.equal(box.flush(), true);
    assert.deepEqual(sink.messages, ['a\xffbcd']);
    assert.equal(box.flush(), true);
    assert.equal(sink.messages.length, 1);
  });

  test('sends long pieces in their place, together with what is around them', async () => {
    const { sink, box } = outbox();
    box.addText('a');
    box.addBytes(LARGE, 0, LARGE.length);
    box.addBytes(LARGE, 1, 8_999);
    box.addText('b');
    box.flush();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sink.messages.join(''), `a${'x'.repeat(9_000)}${'x'.repeat(8_998)}b`);
    assert.equal(sink.messages.length, 1);
  });

  test('takes back what was added since the mark, as long as nothing of it was sent', () => {
    const { sink, box } = outbox();
    box.addText('before');
    box.mark();
    box.addText('after');
    assert.equal(box.isWritten, false);
    box.takeBack();
    box.addText('instead');
    box.flush();
    assert.equal(sink.messages.join('|'), 'before|instead');
    assert.equal(box.isWritten, true);
  });

  test('a long piece is sent at once and cannot be taken back', () => {
    const { box } = outbox();
    box.mark();
    box.addBytes(LARGE, 0, LARGE.length);
    assert.equal(box.isWritten, true);
  });

  test('asks for a pause when the socket is full, until drain says otherwise', async () => {
    const { sink, box } = outbox();
    sink.isStuck = true;
    box.addText('x'.repeat(100));
    assert.equal(box.flush(), false);
    assert.equal(box.flush(), false);
    sink.on('drain', () => (box.hasRoom = true));
    sink.release();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(box.flush(), true);
  });

  test('holds no memory of short pieces, which are copied, and that of long ones until they have left', async () => {
    const { sink, box } = outbox();
    sink.isStuck = true;
    box.addBytes(Buffer.from('short'), 0, 5);
    box.flush();
    assert.equal(sink.writableLength, 5);
    assert.equal(box.holdsBytes, false);
    box.addBytes(LARGE, 0, LARGE.length);
    box.flush();
    assert.equal(box.holdsBytes, true);
    sink.release();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(box.holdsBytes, false);
    box.addText('text');
    sink.isStuck = true;
    box.flush();
    assert.equal(box.holdsBytes, false);
  });
});
