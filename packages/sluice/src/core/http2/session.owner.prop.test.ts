/** An owner that does anything at any time, against a peer that does anything allowed and some that is not: nothing throws, and streams are counted right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bench, FLAGS, GET, type Label, POST, TYPES, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';
import type { Stream } from './stream.ts';

const STREAMS_MAX = 5;

/** What an owner may do with a stream at this point; `size` decides details. */
function act(bench: Bench, stream: Stream<Label>, choice: number, size: number): void {
  const { session } = bench;
  const canSend = stream.isHeadSent && !stream.isLocalDone;
  if (choice === 0 && !stream.isHeadSent) session.sendHead(stream, 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n', size % 2 === 0);
  else if (choice === 1 && canSend) session.sendData(stream, Buffer.alloc(size), 0, size);
  else if (choice === 2 && stream.isHeadSent) session.sendEnd(stream, size % 2 === 0 ? '' : 'x: y\r\n');
  else if (choice === 3) session.reset(stream, size % 14);
  else if (choice === 4) session.release(stream);
  else if (choice === 5) session.consumed(stream, size);
  else if (choice === 6) bench.output();
  else if (choice === 7) session.flushed(size % 2 === 0);
  else if (choice === 8 && size % 20 === 0) session.shutdown();
}

/** A frame that a peer may send on stream `id`. */
function peerFrame(choice: number, id: number, size: number): Buffer {
  switch (choice) {
    case 0:
      return data(id, Buffer.alloc(size % 100), size % 3 === 0);
    case 1:
      return frame(TYPES.WINDOW_UPDATE, 0, size % 2 === 0 ? id : 0, uint32(size));
    case 2:
      return settings(4, size % 5_000);
    case 3:
      return frame(TYPES.RST_STREAM, 0, id, uint32(8));
    case 4:
      return headers(id, [['a', 'b']], size % 4 !== 0);
    case 5:
      return frame(TYPES.PING, FLAGS.ACK, 0, Buffer.alloc(8));
    default:
      return headers(id, [[':status', '200']], size % 2 === 0);
  }
}

const step = fc.tuple(fc.nat(8), fc.nat(40_000), fc.nat(6), fc.nat(10));

test('an owner and a peer may do anything in any order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, isServer) => {
      const options = { streamsMax: STREAMS_MAX, streamWindowBytes: 2_000 };
      const bench = isServer ? Bench.server(options) : Bench.client(options);
      let turn = 0;
      bench.events.react = (_event, stream) => {
        const [choice, size] = steps[turn++ % steps.length]!;
        if (stream !== null) act(bench, stream, choice, size);
      };
      let nextId = 1;
      for (const [choice, size, peerChoice, pick] of steps) {
        if (isServer && pick < 5) bench.feed(headers((nextId += 2) - 2, size % 2 === 0 ? GET : POST, size % 3 === 0));
        if (!isServer && pick < 5) {
          const opened = bench.session.open('POST / HTTP/1.1\r\nHost: a\r\n\r\n', { owner: '', isEnd: size % 2 === 0, protocol: '' });
          if (opened !== null) bench.events.streams.set(opened.id, opened);
        }
        const open = [...bench.events.streams.values()].filter((stream) => !stream.isClosed);
        assert.ok(open.length <= STREAMS_MAX);
        if (open.length === 0) continue;
        const stream = open[pick % open.length]!;
        bench.feed(peerFrame(peerChoice, stream.id, size));
        act(bench, stream, choice, size);
        if (pick === 9) bench.pass(size);
        const held = [...bench.events.streams.values()].filter((each) => !each.isClosed || each.isHeld);
        assert.ok(!isServer || held.length <= STREAMS_MAX, 'closed or not, unfinished work counts');
      }
      bench.output();
    }),
    { numRuns: 1_500 },
  );
});
