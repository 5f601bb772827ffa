/** UDP sessions over real sockets: whose answers are whose, where they come from, when a session ends, and what a dead endpoint costs. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { DatagramListenerPlan, ServicePlan } from '../../config/plan.ts';
import { DOWN } from '../../core/balancing/endpoint-table.ts';
import { CONNECTIONS_REFUSED, DATAGRAMS_DROPPED, DATAGRAMS_IN, DATAGRAMS_OUT } from '../../observe/metric-layout.ts';
import { datagramPlan, type Layer4Plane, startLayer4 } from '../../../test/support/layer4-plane.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { eventually, within } from '../../../test/support/waiting.ts';

class Peer implements AsyncDisposable {
  readonly socket: Socket;
  readonly got: { readonly text: string; readonly from: RemoteInfo; readonly bytes: Buffer }[] = [];

  constructor(onMessage?: (peer: Peer, bytes: Buffer, from: RemoteInfo) => void, recvBufferSize = 1024 * 1024) {
    this.socket = createSocket({ type: 'udp4', recvBufferSize });
    this.socket.on('error', () => {});
    this.socket.on('message', (bytes, from) => {
      this.got.push({ text: bytes.toString('latin1', 0, 64), from, bytes });
      onMessage?.(this, bytes, from);
    });
  }

  static async open(onMessage?: (peer: Peer, bytes: Buffer, from: RemoteInfo) => void, address = '127.0.0.1'): Promise<Peer> {
    const peer = new Peer(onMessage);
    peer.socket.bind(0, address);
    await once(peer.socket, 'listening');
    return peer;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(text: string | Buffer, port: number, address = '127.0.0.1'): void {
    this.socket.send(text, port, address);
  }

  async next(count = 1): Promise<string> {
    await eventually(3_000, `${count} datagrams, got ${this.got.length}`, () => this.got.length >= count);
    return this.got[count - 1]!.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}

/** Answers with its name and what it got. */
function echo(name: string): Promise<Peer> {
  return Peer.open((peer, bytes, from) => peer.send(`${name} ${bytes.toString('latin1')}`, from.port));
}

async function freeUdpPort(): Promise<number> {
  await using peer = await Peer.open();
  return peer.port;
}

async function world(
  endpoints: readonly number[],
  listener: Partial<DatagramListenerPlan> = {},
  service: Partial<ServicePlan> = {},
): Promise<Layer4Plane & { readonly port: number }> {
  const port = await freeUdpPort();
  const services = [
    servicePlan(
      'dns',
      endpoints.map((each) => `127.0.0.1:${each}`),
      service,
    ),
  ];
  return Object.assign(await startLayer4([datagramPlan('dns', port, 'dns', listener)], services), { port });
}

const FIRST_FIT = { balance: { ...servicePlan('x', []).balance, algorithm: 'first-fit' as const } };
const ROUND_ROBIN = { balance: { ...servicePlan('x', []).balance, algorithm: 'round-robin' as const } };

describe('answers', () => {
  test('go to the client that asked, from the address that it asked', async () => {
    await using two = await pair();
    const [a, b] = two;
    await using plane = await world([a.port, b.port]);
    await using clients = await several(20);
    clients.peers.forEach((client, index) => client.send(`question ${index}`, plane.port));
    for (const [index, client] of clients.peers.entries()) {
      assert.match(await client.next(), new RegExp(`^[ab] question ${index}$`));
      assert.deepEqual([client.got[0]!.from.address, client.got[0]!.from.port], ['127.0.0.1', plane.port]);
    }
    assert.equal(plane.board.connections(0), 20);
    assert.equal(plane.table.serviceInflight[0], 20);
  });

  test('of a listener on every interface come from the one that was asked', async () => {
    await using a = await echo('a');
    const port = await freeUdpPort();
    const listener = datagramPlan('dns', port, 'dns', { address: { kind: 'tcp', host: '0.0.0.0', port } });
    await using plane = await startLayer4([listener], [servicePlan('dns', [`127.0.0.1:${a.port}`])]);
    await using client = await Peer.open(undefined, '0.0.0.0');
    const { networkInterfaces } = await import('node:os');
    const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter(({ family }) => family === 'IPv4'));
    for (const [index, { address }] of own.entries()) {
      client.send('x', port, address);
      await client.next(index + 1);
      assert.equal(client.got[index]!.from.address, address);
    }
    assert.ok(plane.board.connections(0) >= 1);
  });

  test('and questions may be as large as a datagram can be', async () => {
    await using a = await Peer.open((peer, bytes, from) => peer.send(bytes, from.port));
    await using plane = await world([a.port]);
    await using client = await Peer.open();
    const large = Buffer.alloc(65_507, 7);
    client.send(large, plane.port);
    await client.next();
    assert.ok(client.got[0]!.bytes.equals(large));
  });

  test('are counted, both ways', async () => {
    await using a = await echo('a');
    await using plane = await world([a.port]);
    await using client = await Peer.open();
    for (let index = 1; index <= 3; index++) {
      client.send('abc', plane.port);
      await client.next(index);
    }
    plane.advance(1_500);
    const row = plane.board.row('listener', 0);
    assert.deepEqual([row[DATAGRAMS_IN], row[DATAGRAMS_OUT], row[DATAGRAMS_DROPPED], row[8], row[9]], [3, 3, 0, 9, 15]);
  });
});

describe('a session', () => {
  test('stays at its endpoint until it has been silent for long', async () => {
    await using two = await pair();
    const [a, b] = two;
    await using plane = await world([a.port, b.port], { sessionMs: 10_000 }, ROUND_ROBIN);
    await using client = await Peer.open();
    client.send('1', plane.port);
    const first = (await client.next())[0];
    for (let index = 2; index <= 4; index++) {
      plane.advance(9_000);
      client.send(String(index), plane.port);
      assert.equal((await client.next(index))[0], first);
    }
    plane.advance(11_000);
    assert.equal(plane.board.connections(0), 0);
    assert.deepEqual(plane.leftovers(), {});
    client.send('5', plane.port);
    assert.notEqual((await client.next(5))[0], first);
  });

  test('ends with the last answer where their number is known', async () => {
    await using a = await echo('a');
    await using plane = await world([a.port], { answersMax: 1 });
    await using client = await Peer.open();
    client.send('1', plane.port);
    await client.next();
    assert.equal(plane.board.connections(0), 0);
    assert.deepEqual(plane.leftovers(), {});
    assert.equal(plane.board.row('listener', 0)[2], 1);
  });

  test('is refused beyond the bounds, of one source or of all', async () => {
    await using a = await echo('a');
    await using plane = await world([a.port], { sessionsPerSourceMax: 2 });
    await using clients = await several(3);
    for (const client of clients.peers) client.send('x', plane.port);
    await eventually(2_000, 'three datagrams', () => plane.board.row('listener', 0)[DATAGRAMS_IN] === 3);
    const row = plane.board.row('listener', 0);
    assert.deepEqual([row[CONNECTIONS_REFUSED], row[DATAGRAMS_DROPPED], plane.board.connections(0)], [1, 1, 2]);
  });

  test('moves when its endpoint goes down', async () => {
    await using two = await pair();
    const [a, b] = two;
    await using plane = await world([a.port, b.port], {}, FIRST_FIT);
    await using client = await Peer.open();
    client.send('1', plane.port);
    assert.equal(await client.next(), 'a 1');
    plane.setState('dns', `127.0.0.1:${a.port}`, DOWN);
    plane.advance(250);
    client.send('2', plane.port);
    assert.equal(await client.next(2), 'b 2');
  });

  test('lasts through a change of other things, and new ones go to new targets', async () => {
    await using two = await pair();
    const [a, b] = two;
    await using plane = await world([a.port]);
    await using clients = await several(2);
    const [old, fresh] = clients.peers as [Peer, Peer];
    old.send('1', plane.port);
    assert.equal(await old.next(), 'a 1');
    const services = [servicePlan('dns', [`127.0.0.1:${a.port}`]), servicePlan('other', [`127.0.0.1:${b.port}`])];
    await plane.apply([datagramPlan('dns', plane.port, 'other')], services);
    fresh.send('1', plane.port);
    assert.equal(await fresh.next(), 'b 1');
    old.send('2', plane.port);
    assert.equal(await old.next(2), 'a 2');
  });

  test('finishes while its listener drains, and no new one begins', async () => {
    await using a = await Peer.open();
    await using plane = await world([a.port]);
    await using clients = await several(2);
    const [old, fresh] = clients.peers as [Peer, Peer];
    old.send('1', plane.port);
    await a.next();
    const drained = plane.plane.drain(5_000, 100);
    fresh.send('2', plane.port);
    a.send('answer', a.got[0]!.from.port);
    assert.equal(await old.next(), 'answer');
    assert.equal(await within(4_000, 'the drain ends', drained), 0);
    assert.equal(a.got.length, 1);
  });
});

describe('an endpoint that nobody listens at', () => {
  test('is left for another, with what the client has sent', async () => {
    const dead = await freeUdpPort();
    await using b = await echo('b');
    await using plane = await world([dead, b.port], {}, FIRST_FIT);
    await using client = await Peer.open();
    client.send('question', plane.port);
    assert.equal(await client.next(), 'b question');
    assert.equal(plane.table.consecutiveLocal[plane.endpointSlot('dns', `127.0.0.1:${dead}`)], 1);
    assert.equal(plane.table.serviceFailed[0], 0);
  });

  test('is a failure when there is no other', async () => {
    const dead = await freeUdpPort();
    await using plane = await world([dead]);
    await using client = await Peer.open();
    client.send('question', plane.port);
    await eventually(2_000, 'the session is over', () => plane.board.row('listener', 0)[5] === 1);
    assert.equal(plane.table.serviceFailed[0], 1);
    assert.deepEqual(plane.leftovers(), {});
  });
});

async function pair() {
  return disposable([await echo('a'), await echo('b')] as const);
}

async function several(count: number): Promise<AsyncDisposable & { readonly peers: readonly Peer[] }> {
  const peers = await Promise.all(Array.from({ length: count }, () => Peer.open()));
  return disposable(Object.assign(peers, { peers }));
}

function disposable<List extends readonly AsyncDisposable[]>(list: List): List & AsyncDisposable {
  return Object.assign(list, {
    async [Symbol.asyncDispose]() {
      for (const each of list) await each[Symbol.asyncDispose]();
    },
  });
}
