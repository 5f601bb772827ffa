import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant } from '../../base/time.ts';
import type { Http2Session } from '../../core/http2/session.ts';
import type { Stream } from '../../core/http2/stream.ts';
import { listenerPlan } from '../../../test/support/plans.ts';
import { type Attempt, type Client, Exchange } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { StreamContent } from './stream-content.ts';

/** @param hasRoom Whether upstream takes more after each piece. */
function begin(hasRoom: boolean) {
  const listener = { plan: listenerPlan('web', 1), worker: { coarseNow: 1_000, noteUpload: () => {} } } as unknown as ListenerContext;
  const given: number[] = [];
  const session = { consumed: (_stream: unknown, bytes: number) => void given.push(bytes) } as unknown as Http2Session<object>;
  const content = new StreamContent(listener, session, {} as Stream<object>);
  const exchange = new Exchange({} as Client, instant(1_000));
  const sent: number[] = [];
  const attempt: Partial<Attempt> = { sendBody: (_bytes, start, end) => (sent.push(end - start), hasRoom) };
  exchange.current = attempt as Attempt;
  content.start(exchange);
  return { content, given, sent, receive: (size: number) => content.receive(Buffer.alloc(size)) };
}

describe('the content of a stream', () => {
  test('is passed on at once where it is large, and its room is given back', () => {
    const { content, given, sent, receive } = begin(true);
    assert.equal(receive(1024), false);
    assert.deepEqual([sent, given, content.isHolding, content.isStuck], [[1024], [1024], false, false]);
  });

  test('in small pieces is one piece at the end of the event', () => {
    const { content, given, sent, receive } = begin(true);
    assert.deepEqual([receive(1), receive(2), receive(3)], [true, false, false]);
    assert.deepEqual([sent, content.isHolding], [[], true]);
    content.passOn();
    assert.deepEqual([sent, given, content.isHolding], [[6], [6], false]);
  });

  test('in small pieces keeps its order before a large one', () => {
    const { sent, receive } = begin(true);
    receive(1);
    receive(2_000);
    assert.deepEqual(sent, [1, 2_000]);
  });

  test('in small pieces is gathered up to 16 KiB', () => {
    const { sent, receive } = begin(true);
    for (let count = 0; count < 17; count++) receive(1_000);
    assert.deepEqual(sent, [16_000]);
  });

  test('that upstream does not take keeps its room until it does', () => {
    const { content, given, receive } = begin(false);
    receive(1024);
    receive(2048);
    assert.deepEqual([given, content.isStuck], [[], true]);
    content.giveRoom();
    assert.deepEqual([given, content.isStuck], [[3072], false]);
  });

  test('of a stream that was reset is dropped', () => {
    const { content, sent, receive } = begin(true);
    receive(1);
    content.drop();
    content.passOn();
    assert.deepEqual(sent, []);
  });
});
