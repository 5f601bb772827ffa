import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamReader } from './event-stream.ts';

test('a message has its event, its data and its id', () => {
  const reader = new EventStreamReader();
  assert.deepEqual(reader.push('event: traffic\nid: 7\ndata: {"a":1}\n\n'), [{ event: 'traffic', data: '{"a":1}', id: '7' }]);
});

test('cut anywhere, with any end of line, the messages are the same', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = ['event: a', 'data: one', 'data: two', '', ': a comment', '', 'data:three', 'id: 2', '', ''].join(end);
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new EventStreamReader();
      const messages = [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))];
      assert.deepEqual(
        messages,
        [
          { event: 'a', data: 'one\ntwo', id: '' },
          { event: 'message', data: 'three', id: '2' },
        ],
        `${JSON.stringify(end)} cut at ${cut}`,
      );
    }
  }
});

test('an id holds for the messages after it, too', () => {
  const reader = new EventStreamReader();
  assert.deepEqual(
    reader.push('id: 4\ndata: x\n\ndata: y\n\n').map(({ id }) => id),
    ['4', '4'],
  );
});

test('what has no data is no message', () => {
  assert.deepEqual(new EventStreamReader().push('event: nothing\n\nid: 3\n\n'), []);
});

test('a line that does not end is refused', () => {
  assert.throws(() => new EventStreamReader().push('x'.repeat((8 << 20) + 1)), /longer than/);
});
