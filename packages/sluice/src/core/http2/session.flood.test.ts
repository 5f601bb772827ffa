/** Floods (RFC 9113 §10.5), each with its bound: the connection ends with ENHANCE_YOUR_CALM and the cause, and what an honest peer does passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, FLAGS, GET, POST, TYPES, block, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';
import { ALLOWANCES } from './flood-budget.ts';

const reset = (id: number): Buffer => frame(TYPES.RST_STREAM, 0, id, uint32(8));
const ok = 'HTTP/1.1 200 OK\r\n\r\n';

/** Sends rounds until the session has failed. @returns How many it took, and the cause. */
function flood(bench: Bench, roundsMax: number, round: (index: number) => readonly Buffer[]): { rounds: number; cause: string } {
  for (let index = 0; index < roundsMax; index++) {
    bench.feed(...round(index));
    bench.output();
    if (bench.session.isClosed) return { rounds: index + 1, cause: bench.events.take().at(-1)! };
  }
  return { rounds: roundsMax, cause: 'none' };
}

/** An owner whose work ends with its stream. */
function releasing(options = {}): Bench {
  const bench = Bench.server(options);
  bench.events.react = (event, stream) => {
    if (event === 'reset') bench.session.release(stream!);
  };
  return bench;
}

test('rapid reset ends within 200 resets (CVE-2023-44487)', () => {
  const { rounds, cause } = flood(releasing(), 1_000, (index) => [headers(index * 2 + 1, GET), reset(index * 2 + 1)]);
  assert.equal(cause, 'fatal ENHANCE_YOUR_CALM resets');
  assert.ok(rounds <= 200, `${rounds}`);
});

test('an owner that is slow to end the work of reset streams never has more than the limit', () => {
  const bench = Bench.server({ streamsMax: 100 });
  let requests = 0;
  bench.events.react = (event) => {
    if (event === 'request') requests++;
  };
  flood(bench, 1_000, (index) => [headers(index * 2 + 1, GET), reset(index * 2 + 1)]);
  assert.equal(requests, 100);
});

test('resets that we are made to send count as well (CVE-2025-8671)', () => {
  const ways: readonly ((id: number) => readonly Buffer[])[] = [
    (id) => [headers(id, GET), frame(TYPES.WINDOW_UPDATE, 0, id, uint32(0))],
    (id) => [headers(id, GET), frame(TYPES.WINDOW_UPDATE, 0, id, uint32(2 ** 31 - 1))],
    (id) => [headers(id, GET), data(id, 'x')],
    (id) => [headers(id, GET), headers(id, GET)],
    (id) => [headers(id, GET), frame(TYPES.PRIORITY, 0, id, [0, 0, 0, 0])],
    (id) => [headers(id, GET), frame(TYPES.PRIORITY, 0, id, Buffer.concat([uint32(id), Buffer.from([0])]))],
    (id) => [headers(id, [...POST, ['content-length', '1']], false), data(id, 'xy')],
    (id) => [headers(id, GET.slice(1))],
  ];
  for (const way of ways) {
    const { rounds, cause } = flood(releasing(), 1_000, (index) => way(index * 2 + 1));
    assert.equal(cause, 'fatal ENHANCE_YOUR_CALM resets');
    assert.ok(rounds <= 200, `${rounds}`);
  }
});

test('streams above the limit, again and again', () => {
  const bench = Bench.server({ streamsMax: 1 }).feed(headers(1, GET));
  assert.equal(flood(bench, 1_000, (index) => [headers(index * 2 + 3, GET)]).cause, 'fatal ENHANCE_YOUR_CALM resets');
});

test('who finishes as many streams as it cancels may go on', () => {
  const bench = releasing();
  const { cause } = flood(bench, 2_000, (index) => {
    const id = index * 4 + 1;
    bench.feed(headers(id, GET));
    bench.session.sendHead(bench.stream(id), ok, true);
    bench.session.release(bench.stream(id));
    return [headers(id + 2, GET), reset(id + 2)];
  });
  assert.equal(cause, 'none');
});

test('five cancelled streams a second are fine', () => {
  const bench = releasing();
  const { cause } = flood(bench, 2_000, (index) => {
    bench.pass(200);
    return [headers(index * 2 + 1, GET), reset(index * 2 + 1)];
  });
  assert.equal(cause, 'none');
});

test('frames that cost us something and earn nothing have a bound each', () => {
  const open = headers(1, POST, false);
  const cases: readonly (readonly [string, readonly Buffer[], Buffer])[] = [
    ['settings', [], settings()],
    ['settings', [], frame(TYPES.SETTINGS, FLAGS.ACK, 0)],
    ['pings', [], frame(TYPES.PING, 0, 0, Buffer.alloc(8))],
    ['pings', [], frame(TYPES.PING, FLAGS.ACK, 0, Buffer.alloc(8))],
    ['empty-frames', [open], data(1, '')],
    ['empty-frames', [open], frame(TYPES.DATA, FLAGS.PADDED, 1, [3, 0, 0, 0])],
    ['priority', [], frame(TYPES.PRIORITY, 0, 9, [0, 0, 0, 3, 0])],
    ['window-updates', [], frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(1))],
    ['window-updates', [open], frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1))],
    ['unknown-frames', [], frame(0xef, 0, 0, 'x')],
    ['closed-stream-frames', [headers(1, GET.slice(1), false)], data(1, 'x')],
    ['closed-stream-frames', [headers(1, GET.slice(1), false)], headers(1, [['a', 'b']])],
    ['closed-stream-frames', [open, reset(1)], reset(1)],
    ['settings', [], frame(TYPES.GOAWAY, 0, 0, Buffer.alloc(8))],
  ];
  for (const [cause, before, one] of cases) {
    const bench = Bench.server().feed(...before);
    const { rounds, cause: found } = flood(bench, 12_000, () => [one]);
    assert.equal(found, `fatal ENHANCE_YOUR_CALM ${cause}`);
    const { burst } = ALLOWANCES.find((allowance) => allowance.cause === cause)!;
    assert.ok(rounds <= burst + 1, `${cause}: ${rounds} above ${burst}`);
  }
});

test('a client that answers every DATA frame with two WINDOW_UPDATEs and a PING may', () => {
  const bench = Bench.server().feed(settings(4, 2 ** 30), frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(2 ** 30)), headers(1, GET));
  bench.session.sendHead(bench.stream(1), ok, false);
  for (let index = 0; index < 5_000; index++) {
    bench.session.sendData(bench.stream(1), Buffer.from('x'), 0, 1);
    bench.output();
    bench.feed(
      frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(1)),
      frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1)),
      frame(TYPES.PING, 0, 0, Buffer.alloc(8)),
    );
  }
  assert.equal(bench.session.isClosed, false);
});

test('a bomb of indexed fields costs its bytes and an answer, no memory (HPACK)', () => {
  const bench = releasing();
  bench.events.react = (event, stream) => {
    if (event !== 'refused') return;
    bench.session.sendHead(stream!, 'HTTP/1.1 431 X\r\n\r\n', true);
    bench.session.release(stream!);
  };
  // A line of 4,000 bytes enters the table; a block of 16,000 references to it is 64 MB of text.
  const entry = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'x')]);
  bench.feed(frame(TYPES.HEADERS, FLAGS.END_HEADERS | FLAGS.END_STREAM, 1, Buffer.concat([block(GET), entry])));
  for (let index = 0; index < 50; index++) {
    bench.feed(
      frame(TYPES.HEADERS, FLAGS.END_HEADERS | FLAGS.END_STREAM, index * 2 + 3, Buffer.concat([block(GET), Buffer.alloc(16_000, 0xbe)])),
    );
  }
  const events = bench.events.take();
  assert.equal(events.filter((line) => line.endsWith('431')).length, 50);
  assert.ok(process.memoryUsage().arrayBuffers < 64e6);
});

test('cookie crumbs count one by one', () => {
  const bench = Bench.server({ headersMax: 10 });
  bench.feed(headers(1, [...GET, ...Array.from({ length: 12 }, (_, index) => ['cookie', `c=${index}`] as const)]));
  assert.deepEqual(bench.events.take(), ['refused 1 431']);
});

test('answers that nobody reads end the connection before they have taken a megabyte and a bit', () => {
  const bench = Bench.server();
  bench.feed(headers(1, POST, false));
  bench.session.flushed(false);
  let sent = 0;
  while (!bench.session.isClosed && sent < 1e6) {
    bench.feed(data(1, 'x'), frame(TYPES.PING, 0, 0, Buffer.alloc(8)));
    sent++;
  }
  assert.equal(bench.events.take().at(-1), 'fatal ENHANCE_YOUR_CALM unread-output');
  assert.ok(bench.session.output.size < 1.1e6);
  assert.equal(bench.session.takesInput, false);
});
