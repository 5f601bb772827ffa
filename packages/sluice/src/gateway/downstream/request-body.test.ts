import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant } from '../../base/time.ts';
import { REFUSED } from '../../core/http1/field-section.ts';
import { listenerPlan } from '../../../test/support/plans.ts';
import { type Attempt, type Client, Exchange, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { RequestBody } from './request-body.ts';

interface World {
  readonly exchange: Exchange;
  readonly body: RequestBody;
  readonly worker: { coarseNow: number };
  /** What the attempt was sent. */
  readonly sent: string[];
  /** Gives the exchange an attempt, whose socket takes more or does not. */
  attempt(hasRoom?: boolean): void;
  feed(text: string): number;
}

/** A body of this kind and length whose exchange began at 1,000 ms. */
function begin(kind: 'length' | 'chunked', length: number, expectsContinue = false): World {
  const worker = { coarseNow: 1_000, noteUpload: () => {} };
  const listener = { plan: listenerPlan('web', 1), worker } as unknown as ListenerContext;
  const exchange = new Exchange({} as Client, instant(1_000));
  exchange.bodyKind = kind;
  exchange.isRequestDone = false;
  exchange.expectsContinue = expectsContinue;
  const body = new RequestBody(listener);
  body.start(exchange, length);
  const sent: string[] = [];
  const attempt = (hasRoom: boolean): Partial<Attempt> => ({
    sendBody: (bytes, start, end) => (sent.push(bytes.toString('latin1', start, end)), hasRoom),
    sendEnd: () => void sent.push('END'),
  });
  return {
    exchange,
    body,
    worker,
    sent,
    attempt: (hasRoom = true) => void (exchange.current = attempt(hasRoom) as Attempt),
    feed: (text) => body.feed(Buffer.from(text, 'latin1'), 0),
  };
}

describe('content', () => {
  test('is sent as it comes, its end too, and kept for another attempt', () => {
    const { exchange, sent, attempt, feed } = begin('length', 8);
    attempt();
    assert.equal(feed('hello'), 5);
    assert.equal(feed('youGET'), 3);
    assert.deepEqual(sent, ['hello', 'you', 'END']);
    assert.equal(Buffer.concat(exchange.parts).toString(), 'helloyou');
    assert.deepEqual([exchange.isRequestDone, exchange.canResend, exchange.bytesIn], [true, true, 8]);
  });

  test('above the bound is forgotten, and with it the second attempt', () => {
    const { exchange, attempt, feed } = begin('length', 1e6);
    attempt();
    feed('x'.repeat(REPLAY_BYTES_MAX));
    assert.deepEqual([exchange.isReplayable, exchange.partsBytes], [true, REPLAY_BYTES_MAX]);
    feed('x');
    assert.deepEqual([exchange.isReplayable, exchange.partsBytes], [false, 0]);
    feed('x');
    assert.equal(exchange.partsBytes, 0);
  });

  test('that nobody takes yet waits, and the client waits above the bound', () => {
    const { exchange, body, feed } = begin('length', 1e6);
    feed('x'.repeat(REPLAY_BYTES_MAX));
    assert.equal(body.mustPause, false);
    feed('x');
    assert.equal(body.mustPause, true);
    assert.equal(exchange.partsBytes, REPLAY_BYTES_MAX + 1);
  });

  test('makes the client wait while the origin has no room', () => {
    const { body, attempt, feed } = begin('length', 10);
    attempt(false);
    feed('x');
    assert.equal(body.mustPause, true);
    attempt(true);
    feed('x');
    assert.equal(body.mustPause, false);
  });

  test('in chunks loses its framing; its trailers come along', () => {
    const { exchange, sent, attempt, feed } = begin('chunked', 0);
    attempt();
    feed('5;a=b\r\nhello\r\n0\r\nX-T:v\r\nCookie: c\r\n\r\n');
    assert.deepEqual(sent, ['hello', 'END']);
    assert.equal(exchange.requestTrailers, 'X-T: v\r\n');
  });

  test('that is malformed is refused with its fault', () => {
    const { body, attempt, feed } = begin('chunked', 0);
    attempt();
    assert.equal(feed('x'), REFUSED);
    assert.equal(body.fault.code, 'chunk-size');
  });

  test('of an exchange that is over is read away, and nothing of it is held', () => {
    const { exchange, body, sent, attempt, feed } = begin('length', 10);
    attempt();
    feed('hello');
    body.release();
    assert.equal(body['content']['exchange'], null);
    assert.equal(feed('helloGET'), 5);
    assert.deepEqual([body.isDone, sent, exchange.bytesIn, exchange.isRequestDone], [true, ['hello'], 5, false]);
  });
});

// Of the plan: bodyIdle 30 s, bodyGrace 5 s, 240 bytes/s.
describe('the deadline', () => {
  test('is the grace at first, then the moment at which the mean rate would be too low', () => {
    const { body, feed } = begin('length', 1e6);
    assert.equal(body.deadline, 6_000);
    feed('x'.repeat(240 * 5));
    assert.equal(body.deadline, 6_000);
    feed('x'.repeat(240));
    assert.equal(body.deadline, 7_000);
  });

  test('is silence, for who was fast before', () => {
    const { body, worker, feed } = begin('length', 1e6);
    feed('x'.repeat(100_000));
    worker.coarseNow = 2_000;
    assert.equal(body.deadline, 32_000);
  });

  test('is none while a 100 is waited for, and begins with it or with the first byte', () => {
    for (const start of ['asked', 'feed'] as const) {
      const { body, worker, feed } = begin('length', 1e6, true);
      assert.equal(body.deadline, Infinity);
      worker.coarseNow = 50_000;
      if (start === 'asked') body.asked();
      else feed('x');
      assert.equal(body.deadline, 55_000, start);
      worker.coarseNow = 51_000;
      body.asked();
      assert.equal(body.deadline, 55_000, 'once');
    }
  });
});
