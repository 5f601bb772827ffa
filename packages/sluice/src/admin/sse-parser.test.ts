import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser, type ServerSentEvent } from './sse-parser.ts';

const STREAM =
  ': a comment\n\nevent: traffic\ndata: {"a":1}\n\nid: 7\nevent: event\ndata: one\ndata:two\r\n\r\nretry: 5\n\nevent: empty\n\ndata\n\n';
const EVENTS: readonly ServerSentEvent[] = [
  { event: 'traffic', id: '', data: '{"a":1}' },
  { event: 'event', id: '7', data: 'one\ntwo' },
  { event: 'message', id: '7', data: '' },
];

test('events come out the same wherever the stream is cut', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const parser = new SseParser();
    deepEqual([...parser.push(STREAM.slice(0, cut))!, ...parser.push(STREAM.slice(cut))!], EVENTS, `cut at ${cut}`);
  }
  const parser = new SseParser();
  deepEqual(
    Array.from(STREAM).flatMap((character) => [...parser.push(character)!]),
    EVENTS,
  );
});

test('an event that never ends is not kept for ever', () => {
  const parser = new SseParser();
  const line = `data: ${'x'.repeat(1_048_570)}\n`;
  for (let count = 0; count < 16; count++) deepEqual(parser.push(line), []);
  equal(parser.push(line), null);
  const long = new SseParser();
  equal(long.push('x'.repeat(16 * 1_048_576 + 1)), null);
});
