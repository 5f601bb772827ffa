import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPushBoard, PushBoard, pushedKey, SHOWN_MAX } from './push-board.ts';

test('what one writes all read, the longest path first and a host before any', () => {
  const buffer = createPushBoard();
  const [writer, reader] = [new PushBoard(buffer), new PushBoard(buffer)];
  assert.deepEqual(reader.read(), []);
  const pushes = [
    { host: '*', prefix: '/', id: 'a' },
    { host: '*', prefix: '/static/', id: 'b' },
    { host: 'a.example', prefix: '/', id: 'c' },
  ];
  assert.ok(writer.write(pushes));
  assert.deepEqual(
    reader.read().map(({ id }) => id),
    ['b', 'c', 'a'],
  );
  assert.equal(reader.read(), reader.read());
  assert.ok(writer.write([]));
  assert.deepEqual(reader.read(), []);
});

test('a reader that comes while it is written sees what was there before', () => {
  const buffer = createPushBoard();
  const [writer, reader] = [new PushBoard(buffer), new PushBoard(buffer)];
  writer.write([{ host: '*', prefix: '/', id: 'before' }]);
  assert.equal(reader.read()[0]!.id, 'before');
  Atomics.add(new Int32Array(buffer), 0, 1);
  new Uint8Array(buffer).fill(0xff, 8, 40);
  assert.equal(reader.read()[0]!.id, 'before');
});

test('too many, or too long, are refused and change nothing', () => {
  const board = new PushBoard(createPushBoard());
  board.write([{ host: '*', prefix: '/', id: 'kept' }]);
  const many = Array.from({ length: SHOWN_MAX + 1 }, (_, index) => ({ host: '*', prefix: `/${index}/`, id: 'x' }));
  assert.ok(!board.write(many));
  assert.ok(!board.write([{ host: '*', prefix: `/${'x'.repeat(300_000)}/`, id: 'x' }]));
  assert.equal(board.read()[0]!.id, 'kept');
});

test('the key of a file is below its URL, where purges look', () => {
  assert.equal(pushedKey('a.example', '/b', 'id'), 'https://a.example/b\n+id');
});
