/** Endpoints that speak HTTP/2: how exchanges share connections, and what a fault on one does to the others. Over real sockets, frame by frame. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PoolPlan, ServicePlan } from '../../config/plan.ts';
import { data, FLAGS, frame, headers, settings, TYPES, uint32 } from '../../../test/support/http2.ts';
import { Http2Wire, SETTINGS_ACK, streamOf, type WireOrigin, wireOrigin } from '../../../test/support/http2-wire.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { type ServicePlane, routePlan, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const { pool: POOL } = servicePlan('x', []);
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const ASKED = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/'],
] as const;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function http2Plan(origins: readonly WireOrigin[], pool: Partial<PoolPlan> = {}, more: Partial<ServicePlan> = {}): ServicePlan {
  const addresses = origins.map(({ port }) => `127.0.0.1:${port}`);
  return servicePlan('web', addresses, { protocol: 'http2', pool: { ...POOL, ...pool }, ...more });
}

/** Takes requests and lets the test answer them. */
function heldOrigin(...values: readonly number[]): Promise<WireOrigin> {
  return wireOrigin(() => {}, Buffer.concat([settings(...values), SETTINGS_ACK]));
}

/** Answers each request at once. */
async function readyOrigin(...values: readonly number[]): Promise<WireOrigin> {
  return await wireOrigin(
    (wire) => {
      wire.onLine = (line) => {
        const id = streamOf(line, 'HEADERS');
        if (id !== 0) answer(wire, id);
      };
    },
    Buffer.concat([settings(...values), SETTINGS_ACK]),
  );
}

function answer(wire: Http2Wire, id: number, body = 'ok'): void {
  wire.send(headers(id, [[':status', '200']], false), data(id, body, true));
}

/** Streams that came over a connection, in order. */
function opened(wire: Http2Wire | undefined): number[] {
  return (wire?.lines ?? []).map((line) => streamOf(line, 'HEADERS')).filter((id) => id !== 0);
}

function count(origin: WireOrigin): number {
  return origin.connections.reduce((sum, wire) => sum + opened(wire).length, 0);
}

async function client(world: ServicePlane, request = GET): Promise<RawClient> {
  const one = await RawClient.open(world.port);
  one.write(request);
  return one;
}

async function clients(world: ServicePlane, number: number, request = GET): Promise<RawClient[]> {
  return await Promise.all(Array.from({ length: number }, () => client(world, request)));
}

function replied(status: number): (text: string) => boolean {
  return (text) => statuses(text).at(-1) === status && text.includes('\r\n\r\n');
}

function nothingLeft(world: ServicePlane): boolean {
  return Object.keys(world.leftovers()).every((name) => name.startsWith('serviceConnections'));
}

describe('sharing', () => {
  test('exchanges share a connection until it is full, then the next is opened, then they wait in line', async () => {
    await using origin = await heldOrigin();
    const plan = http2Plan([origin], { http2: { connectionsMax: 2, streamsMax: 2 } });
    await using world = await startServicePlane([plan]);
    const all = await clients(world, 5);
    await eventually(2_000, 'four are there', () => count(origin) === 4 && world.table.inflight[0] === 5);
    assert.deepEqual(origin.connections.map(opened), [
      [1, 3],
      [1, 3],
    ]);
    answer(origin.connections[1]!, 3);
    await eventually(2_000, 'the fifth follows', () => opened(origin.connections[1]).length === 3);
    for (const id of [1, 3]) answer(origin.connections[0]!, id);
    for (const id of [1, 5]) answer(origin.connections[1]!, id);
    for (const each of all) await each.until('a reply', replied(200));
    for (const each of all) each.socket.destroy();
    assert.ok(nothingLeft(world), JSON.stringify(world.leftovers()));
  });

  test('the limit that an endpoint sets is kept, also by connections that have not heard from it yet', async () => {
    let refused = 0;
    let most = 0;
    // As Node's server: what is over its limit is refused.
    await using origin = await wireOrigin(
      (wire) => {
        const open = new Set<number>();
        wire.onLine = (line) => {
          const id = streamOf(line, 'HEADERS');
          if (id === 0) return;
          if (open.size >= 3) {
            refused++;
            return wire.send(frame(TYPES.RST_STREAM, 0, id, uint32(7)));
          }
          open.add(id);
          most = Math.max(most, open.size);
          setTimeout(() => {
            open.delete(id);
            answer(wire, id);
          }, 5);
        };
      },
      Buffer.concat([settings(MAX_CONCURRENT_STREAMS, 3), SETTINGS_ACK]),
    );
    await using world = await startServicePlane([http2Plan([origin], { waitTimeoutMs: 5_000 })]);
    using one = await Http2Wire.open(world.port);
    one.send(...Array.from({ length: 40 }, (_, index) => headers(index * 2 + 1, ASKED)));
    await one.until('all are answered', (lines) => lines.filter((line) => /^HEADERS \d+ :status=/.test(line)).length === 40);
    assert.ok(
      one.lines.every((line) => !line.startsWith('HEADERS') || line.includes(':status=200')),
      one.lines.join(),
    );
    assert.equal(most, 3);
    assert.equal(refused, 37, 'only by the connection that did not know');
    assert.ok(origin.connections.length <= 4);
  });

  test('clients that do not read leave the others of the same connection alone', async () => {
    await using origin = await readyOrigin();
    const big = 'x'.repeat(120_000);
    await using world = await startServicePlane([http2Plan([origin], { http2: { connectionsMax: 1, streamsMax: 100 } })]);
    using first = await client(world);
    await first.until('a reply', replied(200));
    const [wire] = origin.connections;
    wire!.onLine = (line) => {
      const id = streamOf(line, 'HEADERS');
      if (id === 0) return;
      wire!.send(headers(id, [[':status', '200']], false));
      // More than one stream may have: the rest would go over the connection's window, too.
      for (let at = 0; at < big.length; at += 16_000) wire!.send(data(id, big.slice(at, at + 16_000)));
    };
    const slow = await Promise.all(Array.from({ length: 90 }, () => client(world)));
    for (const each of slow) each.socket.pause();
    await eventually(3_000, 'they are there', () => opened(wire).length === 91);
    wire!.onLine = (line) => {
      const id = streamOf(line, 'HEADERS');
      if (id !== 0) answer(wire!, id);
    };
    first.text = '';
    first.write(GET);
    await first.until('a reply', replied(200));
    for (const each of slow) each.socket.destroy();
  });

  test('a body that waited for a connection goes on when there is one, however long it is', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([http2Plan([origin], { http2: { connectionsMax: 1, streamsMax: 1 } })]);
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    using wire = await Http2Wire.open(world.port);
    const post = [[':method', 'POST'], ...ASKED.slice(1)] as const;
    wire.send(headers(1, post, false));
    // As much as its windows allow at once, which is more than is kept for another attempt.
    let sent = 0;
    let room = 0;
    wire.onLine = (line) => {
      const match = /^WINDOW_UPDATE (\d+) (\d+)/.exec(line);
      if (match?.[1] === '1') room += Number(match[2]);
      push();
    };
    const push = (): void => {
      while (room >= 5_000 && sent < 1_000_000) {
        wire.send(data(1, 'x'.repeat(5_000)));
        sent += 5_000;
        room -= 5_000;
      }
      if (sent === 1_000_000) {
        sent++;
        wire.send(data(1, '', true));
      }
    };
    await wire.line('SETTINGS');
    room += 262_144;
    push();
    await eventually(2_000, 'it waits', () => world.table.inflight[0] === 2);
    const up = origin.connections[0]!;
    up.send(frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(2_000_000)));
    up.onLine = (line) => {
      const id = streamOf(line, 'HEADERS');
      if (id === 3) up.send(frame(TYPES.WINDOW_UPDATE, 0, id, uint32(2_000_000)));
      if (line.startsWith('DATA 3 END_STREAM')) answer(up, 3);
    };
    answer(up, 1);
    await first.until('a reply', replied(200));
    await wire.line('HEADERS 1 :status=200');
  });
});

describe('faults', () => {
  test('GOAWAY: what the endpoint took finishes, what it did not take goes elsewhere, also a POST', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    using second = await client(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    await eventually(2_000, 'both are there', () => count(origin) === 2);
    const [wire] = origin.connections;
    wire!.send(frame(TYPES.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0)])));
    await eventually(2_000, 'the second comes again', () => origin.connections.length === 2 && count(origin) === 3);
    await origin.connections[1]!.line('DATA 1 END_STREAM "hello"');
    answer(origin.connections[1]!, 1);
    await second.until('a reply', replied(200));
    answer(wire!, 1);
    await first.until('a reply', replied(200));
    await wire!.ended();
    assert.equal(world.table.serviceFailed[0], 0, 'it is no fault');
  });

  test('a connection that says GOAWAY and is idle closes, and the next exchange has another', async () => {
    await using origin = await readyOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await first.until('a reply', replied(200));
    origin.connections[0]!.send(frame(TYPES.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0)])));
    await origin.connections[0]!.ended();
    first.text = '';
    first.write(GET);
    await first.until('a reply', replied(200));
    assert.equal(origin.connections.length, 2);
  });

  test('a stream that is refused is sent again, a POST as well; one that has been answered is not', async () => {
    await using origin = await wireOrigin((wire, index) => {
      wire.onLine = (line) => {
        const id = streamOf(line, 'HEADERS');
        if (id === 0) return;
        if (index === 0 && id === 1) wire.send(frame(TYPES.RST_STREAM, 0, id, uint32(7)));
        else if (line.includes(':path=/interim'))
          wire.send(
            frame(TYPES.HEADERS, FLAGS.END_HEADERS, id, Buffer.from('0803313033', 'hex')),
            frame(TYPES.RST_STREAM, 0, id, uint32(7)),
          );
        else answer(wire, id);
      };
    });
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    await first.until('a reply', replied(200));
    assert.equal(count(origin), 2);
    using second = await client(world, 'POST /interim HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    await second.until('a reply', replied(502));
    assert.equal(count(origin), 3);
  });

  test('a stream that is reset fails alone: 502 before the head, a cut after it', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([http2Plan([origin], {}, { retry: { ...servicePlan('x', []).retry, attempts: 1 } })]);
    const [first, second, third] = await clients(world, 3);
    await eventually(2_000, 'all are there', () => count(origin) === 3);
    const [wire] = origin.connections;
    wire!.send(frame(TYPES.RST_STREAM, 0, 1, uint32(2)));
    wire!.send(headers(3, [[':status', '200']], false), data(3, 'some'));
    const cutOff = await Promise.race(
      [first!, second!, third!].map(async (each) => (await each.until('some', (text) => text.includes('some')), each)),
    );
    wire!.send(frame(TYPES.RST_STREAM, 0, 3, uint32(2)));
    await cutOff.ended();
    assert.doesNotMatch(cutOff.text, /\r\n0\r\n\r\n$/);
    answer(wire!, 5);
    const others = [first!, second!, third!].filter((each) => each !== cutOff);
    await eventually(2_000, 'both are answered', () => others.every(({ text }) => statuses(text).length === 1));
    assert.deepEqual(others.map(({ text }) => String(statuses(text)[0])).toSorted(), ['200', '502']);
    assert.equal(origin.connections.length, 1);
    for (const each of [first!, second!, third!]) each.socket.destroy();
  });

  test('a connection that breaks a rule fails its streams only; idempotent ones go elsewhere', async () => {
    await using bad = await heldOrigin();
    await using good = await readyOrigin();
    const retry = { ...servicePlan('x', []).retry, backoffBaseMs: 0, backoffMaxMs: 0 };
    const balance = { ...servicePlan('x', []).balance, algorithm: 'round-robin' } as const;
    await using world = await startServicePlane([http2Plan([bad, good], {}, { retry, balance })]);
    const all = await clients(world, 6);
    await eventually(2_000, 'half are there', () => count(bad) === 3);
    bad.connections[0]!.send(frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0)));
    await bad.connections[0]!.line('GOAWAY');
    assert.equal(bad.connections.length, 1, 'it was no race with an idle connection');
    for (const each of all) await each.until('a reply', replied(200));
    for (const each of all) each.socket.destroy();
  });

  test('an endpoint that no longer answers is asked whether it is there; meanwhile the next exchanges go over another connection', async () => {
    await using origin = await wireOrigin((wire, index) => {
      wire.onLine = (line) => {
        const id = streamOf(line, 'HEADERS');
        if (index > 0 && id !== 0) answer(wire, id);
      };
    });
    const routes = [routePlan('all', 'web', { timeouts: { exchangeMs: 0, responseHeaderMs: 2_000 } })];
    await using world = await startServicePlane(
      [http2Plan([origin], {}, { retry: { ...servicePlan('x', []).retry, attempts: 1 } })],
      routes,
    );
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    world.advance(2_500);
    await first.until('a reply', replied(504));
    const [wire] = origin.connections;
    await wire!.line('PING');
    assert.match(await wire!.line('RST_STREAM 1'), /CANCEL/);
    using second = await client(world);
    await second.until('a reply', replied(200));
    assert.equal(origin.connections.length, 2);
    world.advance(1_500);
    await wire!.ended();
  });

  test('one that was only slow answers the PING, and is used again', async () => {
    await using origin = await wireOrigin((wire) => {
      wire.onLine = (line) => {
        if (line.startsWith('PING ')) wire.send(frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from(line.slice(5), 'hex')));
        const id = streamOf(line, 'HEADERS');
        if (id > 1) answer(wire, id);
      };
    });
    const routes = [routePlan('all', 'web', { timeouts: { exchangeMs: 0, responseHeaderMs: 2_000 } })];
    await using world = await startServicePlane(
      [http2Plan([origin], {}, { retry: { ...servicePlan('x', []).retry, attempts: 1 } })],
      routes,
    );
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    world.advance(2_500);
    await first.until('a reply', replied(504));
    await origin.connections[0]!.line('PING');
    const pool = (): number => world.plane.sweeper['items'].filter((item) => 'capacity' in item && (item.capacity as number) > 0).length;
    await eventually(2_000, 'it takes streams again', () => pool() === 1);
    world.advance(1_500);
    using second = await client(world);
    await second.until('a reply', replied(200));
    assert.equal(origin.connections.length, 1);
  });

  test('a connection that was idle and closes as a request is on its way is no fault: a new one takes it', async () => {
    let polite = true;
    await using origin = await wireOrigin((wire, index) => {
      wire.onLine = (line) => {
        const id = streamOf(line, 'HEADERS');
        if (index === 0 && id === 3) wire.socket.destroy();
        else if (id !== 0 && (polite || index > 1)) answer(wire, id);
        else if (id !== 0) wire.send(frame(TYPES.RST_STREAM, 0, id, uint32(2)));
      };
    });
    const retry = { ...servicePlan('x', []).retry, attempts: 1 };
    await using world = await startServicePlane([http2Plan([origin], {}, { retry })]);
    using one = await client(world);
    await one.until('a reply', replied(200));
    one.text = '';
    one.write(GET);
    await one.until('a reply', replied(200));
    assert.equal(origin.connections.length, 2);
    assert.equal(world.table.serviceFailed[0], 0);
    polite = false;
    one.text = '';
    one.write(GET);
    await one.until('a stream that is reset is one', replied(502));
  });

  test('an endpoint that is not there, or does not answer in time, is a failed connection', async () => {
    const gone = await heldOrigin();
    await gone[Symbol.asyncDispose]();
    await using world = await startServicePlane([http2Plan([gone])]);
    using first = await client(world);
    await first.until('a reply', replied(502));
    assert.ok(nothingLeft(world), JSON.stringify(world.leftovers()));
  });

  test('one that speaks HTTP/1.1 is 502', async () => {
    await using origin = await wireOrigin(() => {}, Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await first.until('a reply', replied(502));
  });
});

describe('requests that do not become whole', () => {
  test('a client that leaves in the middle of its content resets the stream: it never looks complete', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    const one = await client(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    await eventually(2_000, 'some is there', () => origin.connections[0]?.lines.includes('DATA 1 "hello"') === true);
    one.socket.destroy();
    assert.match(await origin.connections[0]!.line('RST_STREAM 1'), /CANCEL/);
    assert.ok(!origin.connections[0]!.lines.some((line) => line.includes('END_STREAM')));
    await eventually(2_000, 'nothing is left', () => nothingLeft(world));
  });

  test('an endpoint that does not take content is waited for as long as it may be silent', async () => {
    await using origin = await heldOrigin(INITIAL_WINDOW_SIZE, 0);
    await using world = await startServicePlane([http2Plan([origin])]);
    using one = await client(world, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`);
    await eventually(2_000, 'the head is there', () => count(origin) === 1);
    world.advance(10_500);
    world.advance(10_500);
    await one.until('a reply', (text) => [502, 504].includes(statuses(text).at(-1)!));
    await origin.connections[0]!.line('RST_STREAM 1');
    await eventually(2_000, 'nothing is left', () => nothingLeft(world));
  });
});

describe('ends', () => {
  test('an idle connection closes in time, with GOAWAY', async () => {
    await using origin = await readyOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await first.until('a reply', replied(200));
    world.advance(9_000);
    assert.equal(origin.connections[0]!.ending, 'open');
    world.advance(1_500);
    await origin.connections[0]!.line('GOAWAY 0 NO_ERROR');
    await origin.connections[0]!.ended();
    await eventually(2_000, 'it does not count', () => Object.keys(world.leftovers()).length === 0);
  });

  test('one whose endpoint does not read is destroyed, whatever it is still owed', async () => {
    await using origin = await heldOrigin(INITIAL_WINDOW_SIZE, 0x7fff_ffff);
    await using other = await readyOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    const one = await client(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n');
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    const [wire] = origin.connections;
    wire!.send(frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0x7fff_0000 - 65_535)));
    wire!.socket.pause();
    one.write('x'.repeat(30_000_000));
    const open = () =>
      world.plane.sweeper['items'].filter((item) => 'openedAt' in item && 'session' in item) as unknown as {
        readonly socket: { readonly writableNeedDrain: boolean };
      }[];
    await eventually(3_000, 'its socket is full', () => open()[0]?.socket.writableNeedDrain === true);
    world.advance(31_000); // a client that is not read from is not seen to leave
    await one.until('a reply', replied(504));
    one.socket.destroy();
    await world.apply([http2Plan([other])]);
    await eventually(2_000, 'nothing is under way', () => nothingLeft(world));
    assert.equal(open().length, 1, 'it still has something to say');
    world.advance(1_100);
    await eventually(2_000, 'it is gone', () => open().length === 0);
    wire!.socket.resume();
    await wire!.ended();
  });

  test('an endpoint that leaves the service finishes what it has, then its connection closes', async () => {
    await using origin = await heldOrigin();
    await using other = await readyOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    await world.apply([http2Plan([other])]);
    using second = await client(world);
    await second.until('a reply', replied(200));
    assert.equal(count(other), 1);
    answer(origin.connections[0]!, 1);
    await first.until('a reply', replied(200));
    await origin.connections[0]!.ended();
  });

  test('a reload that leaves the service as it is leaves its connections and their streams', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([http2Plan([origin])]);
    using first = await client(world);
    await eventually(2_000, 'it is there', () => count(origin) === 1);
    await world.apply([http2Plan([origin])]);
    using second = await client(world);
    await eventually(2_000, 'the second is there', () => count(origin) === 2);
    for (const id of [1, 3]) answer(origin.connections[0]!, id);
    await first.until('a reply', replied(200));
    await second.until('a reply', replied(200));
    assert.equal(origin.connections.length, 1);
  });
});
