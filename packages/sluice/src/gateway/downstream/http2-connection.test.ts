/** A client's HTTP/2 connection over real sockets, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE_REASONS, CONNECTIONS_CLOSED, HTTP2_FAILED, HTTP2_FAILURES, HTTP2_MALFORMED } from '../../observe/metric-layout.ts';
import { type PlaneConfig, planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { data, FLAGS, frame, GET, headers, POST, PREFACE, settings, TYPES, uint32 } from '../../../test/support/http2.ts';
import { Http2Wire, SETTINGS_ACK } from '../../../test/support/http2-wire.ts';
import { startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { eventually } from '../../../test/support/waiting.ts';

const PLAIN = GET.map(([name, value]) => [name, name === ':scheme' ? 'http' : value] as const);
const PLAIN_POST = POST.map(([name, value]) => [name, name === ':scheme' ? 'http' : value] as const);
const INITIAL_WINDOW_SIZE = 4;
const LONG_BODY = 'x'.repeat(40_000);

function timeouts(more: NonNullable<NonNullable<PlaneConfig['listener']>['timeouts']>): Partial<PlaneConfig> {
  return { listener: { timeouts: more } };
}

/** Answers each request with a long reply. */
async function longOrigin(body = LONG_BODY): Promise<HostileOrigin> {
  return await hostileOrigin(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
  });
}

function ownReply(body: string): Partial<PlaneConfig> {
  return { routes: [{ path: '/*', respond: { status: 200, body } }] };
}

/** Counts of the listener's row. */
function closed(world: TestPlane): Record<string, number> {
  const row = world.board.row('listener', 0);
  return Object.fromEntries(
    CLOSE_REASONS.map((reason, index) => [reason, row[CONNECTIONS_CLOSED + index]!]).filter(([, count]) => count !== 0),
  );
}

function failed(world: TestPlane): Record<string, number> {
  const row = world.board.row('listener', 0);
  return Object.fromEntries(HTTP2_FAILURES.map((cause, index) => [cause, row[HTTP2_FAILED + index]!]).filter(([, count]) => count !== 0));
}

/** Bytes of DATA of a stream. */
function received(lines: readonly string[], stream: number): number {
  let sum = 0;
  for (const line of lines) {
    const match = /^DATA (\d+)(?: END_STREAM)? (\d+|".*")$/.exec(line);
    if (match?.[1] === String(stream)) sum += match[2]!.startsWith('"') ? (JSON.parse(match[2]!) as string).length : Number(match[2]);
  }
  return sum;
}

describe('idle and late', () => {
  test('a connection without a stream ends when its time is over, with GOAWAY', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, timeouts({ keepAlive: '10s' })));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN));
    await client.line('HEADERS 1 :status=200');
    world.advance(9_000);
    client.send(headers(3, PLAIN));
    await client.line('HEADERS 3 :status=200');
    world.advance(9_000);
    assert.equal(client.ending, 'open');
    world.advance(1_500);
    assert.match(await client.line('GOAWAY'), /^GOAWAY 3 NO_ERROR/);
    assert.equal(await client.ended(), 'fin');
    client.socket.end();
    await eventually(2_000, 'it is gone', () => closed(world)['timeout'] === 1);
  });

  test('one that never says its preface, or its SETTINGS, ends when the time for a head is over', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, timeouts({ header: '5s' })));
    using client = await Http2Wire.silent(world.port);
    client.send(PREFACE.subarray(0, 20));
    await client.line('SETTINGS');
    world.advance(5_100);
    assert.match(await client.line('GOAWAY'), /SETTINGS_TIMEOUT settings-timeout/);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(failed(world), { 'settings-timeout': 1 });
  });

  test('a header block that is begun and not finished ends it, whatever else is under way', async () => {
    await using origin = await hostileOrigin(() => {});
    await using world = await startPlane(planeTo(origin.port, timeouts({ header: '5s' })));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN));
    await eventually(2_000, 'it is there', () => origin.connections.length === 1);
    client.send(frame(TYPES.PING, 0, 0, '12345678'), frame(TYPES.HEADERS, FLAGS.END_STREAM, 3, [0x82]));
    await client.line('PING ACK');
    world.advance(4_900);
    assert.equal(client.ending, 'open');
    world.advance(200);
    assert.match(await client.line('GOAWAY'), /ENHANCE_YOUR_CALM header-timeout/);
    assert.deepEqual(failed(world), { 'header-timeout': 1 });
    await eventually(2_000, 'its request is given up', () => origin.connections[0]!.ending !== null);
  });

  test('content that does not come is 408; the connection stays', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port, timeouts({ bodyIdle: '5s' })));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN_POST, false), data(1, 'hello'));
    await eventually(2_000, 'it is there', () => origin.connections[0]?.includes('hello') === true);
    world.advance(5_600);
    await client.line('HEADERS 1 :status=408');
    await client.line('RST_STREAM 1 NO_ERROR');
    client.send(headers(3, PLAIN));
    await client.line('HEADERS 3 :status=200');
    assert.equal(origin.requests.length, 1, 'the first one never became whole');
  });

  test('a reply that is not taken is reset; the connection stays', async () => {
    await using origin = await longOrigin();
    await using world = await startPlane(planeTo(origin.port, timeouts({ bodyIdle: '5s' })));
    using client = await Http2Wire.open(world.port, INITIAL_WINDOW_SIZE, 100);
    client.send(headers(1, PLAIN));
    await client.until('the window is full', (lines) => received(lines, 1) === 100);
    world.advance(5_300);
    world.advance(5_300);
    assert.match(await client.line('RST_STREAM 1'), /CANCEL/);
    client.send(headers(3, PLAIN), frame(TYPES.WINDOW_UPDATE, 0, 3, uint32(100_000)));
    await client.until('the next reply', (lines) => received(lines, 3) === LONG_BODY.length);
  });

  test('a request that takes too long is 504', async () => {
    await using origin = await hostileOrigin(() => {});
    const routes = [{ path: '/*', to: 'origin', timeouts: { exchange: '3s' } }];
    await using world = await startPlane(planeTo(origin.port, { routes }));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN));
    await eventually(2_000, 'it is there', () => origin.connections.length === 1);
    world.advance(3_100);
    await client.line('HEADERS 1 :status=504');
    await eventually(2_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
  });

  test('a client that takes nothing from its socket is cut off', async () => {
    const body = 'x'.repeat(8_000_000);
    await using origin = await longOrigin(body);
    await using world = await startPlane(planeTo(origin.port, timeouts({ bodyIdle: '5s' })));
    using client = await Http2Wire.open(world.port, INITIAL_WINDOW_SIZE, 0x7fff_ffff);
    client.send(frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0x7fff_0000 - 65_535)));
    await client.line('SETTINGS ACK');
    client.socket.pause();
    for (let id = 1; id < 8; id += 2) client.send(headers(id, PLAIN));
    await eventually(2_000, 'it is full', () => {
      world.plane.sweep();
      return [...listenerConnections(world)].some((each) => each.socket.writableNeedDrain);
    });
    world.advance(5_300);
    await eventually(2_000, 'it is gone', () => closed(world)['timeout'] === 1);
  });
});

function listenerConnections(world: TestPlane): Iterable<{ readonly socket: { readonly writableNeedDrain: boolean } }> {
  const [listener] = world.plane['listeners'].values() as Iterable<{ readonly connections: { all(): Iterable<never> } }>;
  return listener!.connections.all();
}

describe('replies that are longer than the window', () => {
  test('one that waits for the window is no idleness, however long it takes', async () => {
    await using world = await startPlane(planeTo(1, { ...ownReply(LONG_BODY), ...timeouts({ keepAlive: '1s', bodyIdle: '30s' }) }));
    using client = await Http2Wire.open(world.port, INITIAL_WINDOW_SIZE, 20_000);
    client.send(headers(1, PLAIN));
    await client.until('the window is full', (lines) => received(lines, 1) === 20_000);
    world.advance(2_000);
    world.advance(2_000);
    client.send(frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(20_000)));
    await client.until('the rest', (lines) => received(lines, 1) === LONG_BODY.length);
    world.advance(900);
    assert.equal(client.lines.filter((line) => line.startsWith('GOAWAY')).length, 0, 'and then its idle time begins');
    world.advance(1_000);
    await client.line('GOAWAY');
  });

  test('a drain lets them leave', async () => {
    await using world = await startPlane(planeTo(1, ownReply(LONG_BODY)));
    using client = await Http2Wire.open(world.port, INITIAL_WINDOW_SIZE, 20_000);
    client.send(headers(1, PLAIN));
    await client.until('the window is full', (lines) => received(lines, 1) === 20_000);
    const [listener] = world.plane['listeners'].values();
    listener!.drain();
    await client.line('GOAWAY');
    client.send(frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from('62796521' + '00000000', 'hex')));
    (listener as unknown as { closeIdle(): void }).closeIdle();
    client.send(frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(20_000)));
    await client.until('the rest', (lines) => received(lines, 1) === LONG_BODY.length);
    assert.equal(await client.ended(), 'fin');
  });

  test('an answer that comes before the request is whole is whole itself, then the rest is refused', async () => {
    await using world = await startPlane(planeTo(1, ownReply(LONG_BODY)));
    using client = await Http2Wire.open(world.port, INITIAL_WINDOW_SIZE, 20_000);
    client.send(headers(1, PLAIN_POST, false));
    await client.until('the window is full', (lines) => received(lines, 1) === 20_000);
    client.send(data(1, 'more'), frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(20_000)));
    const lines = await client.until('the end', (all) => all.some((line) => line.startsWith('RST_STREAM 1')));
    assert.equal(received(lines, 1), LONG_BODY.length);
    assert.ok(lines.findIndex((line) => line.startsWith('DATA 1 END_STREAM')) < lines.indexOf('RST_STREAM 1 NO_ERROR'));
  });
});

describe('the end of a connection', () => {
  test('a request that its client resets ends the attempt; the others go on', async () => {
    await using origin = await hostileOrigin(() => {});
    await using world = await startPlane(planeTo(origin.port));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN), headers(3, PLAIN));
    await eventually(2_000, 'both are there', () => origin.connections.filter(({ received: all }) => all !== '').length === 2);
    client.send(frame(TYPES.RST_STREAM, 0, 1, uint32(8)));
    await eventually(2_000, 'one is let go', () => origin.connections.filter(({ ending }) => ending !== null).length === 1);
    origin.connections.find(({ ending }) => ending === null)!.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.line('HEADERS 3 :status=200');
  });

  test('a request that is reset in the turn it came in never reaches the origin', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN), frame(TYPES.RST_STREAM, 0, 1, uint32(8)), headers(3, PLAIN));
    await client.line('HEADERS 3 :status=200');
    assert.equal(origin.requests.length, 1);
  });

  test('a broken rule ends it, counted by cause; a malformed request only its stream', async () => {
    await using origin = await startRecordingOrigin();
    await using world = await startPlane(planeTo(origin.port));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, [...PLAIN, ['Upper', 'case']]), headers(3, PLAIN));
    assert.match(await client.line('RST_STREAM 1'), /PROTOCOL_ERROR/);
    await client.line('HEADERS 3 :status=200');
    assert.equal(world.board.row('listener', 0)[HTTP2_MALFORMED], 1);
    client.send(data(5, 'on a stream that was never opened'));
    assert.match(await client.line('GOAWAY'), /PROTOCOL_ERROR protocol/);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(failed(world), { protocol: 1 });
    client.socket.end();
    await eventually(2_000, 'it is gone', () => closed(world)['error'] === 1);
  });

  test('what is cut at the end of a drain counts as drained', async () => {
    await using origin = await hostileOrigin(() => {});
    await using world = await startPlane(planeTo(origin.port));
    using client = await Http2Wire.open(world.port);
    client.send(headers(1, PLAIN));
    await eventually(2_000, 'it is there', () => origin.connections.length === 1);
    const [listener] = world.plane['listeners'].values();
    listener!.drain();
    listener!.close();
    await client.line('GOAWAY 1 NO_ERROR');
    assert.deepEqual(closed(world), { drain: 1 });
    await eventually(2_000, 'the origin is let go', () => origin.connections[0]!.ending !== null);
  });
});

test('a byte per frame costs neither a write nor a piece of memory each', async () => {
  await using origin = await hostileOrigin(() => {});
  await using world = await startPlane(planeTo(origin.port));
  using client = await Http2Wire.open(world.port);
  const count = 20_000;
  client.send(headers(1, PLAIN_POST, false), ...Array.from({ length: count }, () => data(1, 'x')));
  await eventually(3_000, 'all of it is there', () => (origin.connections[0]?.received.match(/x/g)?.length ?? 0) >= count);
  const chunks = (origin.connections[0]!.received.match(/\r\n[0-9a-f]+\r\n/g) ?? []).length;
  assert.ok(chunks < count / 100, `${chunks} chunks`);
});

test('settings may come late: a request is answered before the acknowledgement', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startPlane(planeTo(origin.port));
  using client = await Http2Wire.silent(world.port);
  client.send(PREFACE, settings(), headers(1, PLAIN));
  await client.line('HEADERS 1 :status=200');
  client.send(SETTINGS_ACK, headers(3, PLAIN));
  await client.line('HEADERS 3 :status=200');
});
