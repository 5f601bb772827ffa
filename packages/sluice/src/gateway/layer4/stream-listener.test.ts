/** Who may connect, where connections go, and what changes do to them; over real sockets. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { BalancePlan, LimitsPlan, ServicePlan, StreamListenerPlan } from '../../config/plan.ts';
import { DOWN, DRAINING, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { BREAKER_OPEN } from '../../core/limiting/breaker-trials.ts';
import { freePort } from '../../io/ports.ts';
import { CALL_FAILURES, CALLS_FAILED, CONNECTIONS_REFUSED, RETRIES, SHED } from '../../observe/metric-layout.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { type Layer4Plane, startLayer4, streamPlan } from '../../../test/support/layer4-plane.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { eventually, within } from '../../../test/support/waiting.ts';

const { balance: BALANCE, limits: LIMITS, retry: RETRY, pool: POOL } = servicePlan('x', []);

function balanced(algorithm: BalancePlan['algorithm']): Partial<ServicePlan> {
  return { balance: { ...BALANCE, algorithm } };
}

function limited(more: Partial<LimitsPlan>): Partial<ServicePlan> {
  return { limits: { ...LIMITS, ...more } };
}

/** Says its name at once. */
function named(name: string): Promise<HostileOrigin> {
  return hostileOrigin((connection) => connection.write(name));
}

interface World extends Layer4Plane {
  readonly port: number;
  readonly services: readonly ServicePlan[];
}

async function world(
  ports: readonly number[],
  service: Partial<ServicePlan> = {},
  listener: Partial<StreamListenerPlan> = {},
): Promise<World> {
  const port = await freePort('127.0.0.1');
  const services = [
    servicePlan(
      'db',
      ports.map((each) => `127.0.0.1:${each}`),
      service,
    ),
  ];
  return Object.assign(await startLayer4([streamPlan('db', port, 'db', listener)], services), { port, services });
}

async function told(client: RawClient): Promise<string> {
  return await client.until('a name', (text) => text !== '');
}

/** Resolves when a new connection has been reset, or closed; the kernel may say so before it says that there is one. */
async function refused(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await within(2_000, 'the connection is refused', new Promise((resolve) => socket.once('close', resolve)));
}

/** Connections that ended by this cause. */
function failures(plane: Layer4Plane, cause: (typeof CALL_FAILURES)[number]): number {
  return plane.board.row('listener', 0)[CALLS_FAILED + CALL_FAILURES.indexOf(cause)]!;
}

describe('balancing', () => {
  test('takes an open connection for one in flight', async () => {
    await using a = await named('a');
    await using b = await named('b');
    await using plane = await world([a.port, b.port], balanced('least-connections'));
    const clients: RawClient[] = [];
    for (let index = 0; index < 10; index++) {
      clients.push(await RawClient.open(plane.port));
      await told(clients.at(-1)!);
    }
    assert.deepEqual([a.connections.length, b.connections.length], [5, 5]);
    assert.equal(plane.table.serviceInflight[0], 10);
    assert.equal(plane.table.serviceConnections[0], 10);
    for (const client of clients) client.socket.resetAndDestroy();
    await eventually(2_000, 'all are over', () => plane.table.serviceInflight[0] === 0);
    assert.deepEqual(plane.leftovers(), {});
  });

  for (const algorithm of ['ip-hash', 'hash'] as const) {
    test(`by ${algorithm} sends a client to the same endpoint`, async () => {
      await using a = await named('a');
      await using b = await named('b');
      await using c = await named('c');
      await using plane = await world([a.port, b.port, c.port], balanced(algorithm));
      for (let index = 0; index < 6; index++) {
        using client = await RawClient.open(plane.port);
        await told(client);
      }
      assert.deepEqual(
        [a, b, c].map(({ connections }) => connections.length).toSorted((left, right) => left - right),
        [0, 0, 6],
      );
    });
  }

  test('keeps a client where it was, where affinity says so', async () => {
    await using a = await named('a');
    await using b = await named('b');
    const affinity = { kind: 'ip', name: '', secrets: [], maxAgeSeconds: null, path: '/', domain: null } as const;
    const more = { secure: true, httpOnly: true, sameSite: 'lax', entriesMax: 1_000, ttlMs: 60_000 } as const;
    await using plane = await world([a.port, b.port], { ...balanced('round-robin'), affinity: { ...affinity, ...more } });
    for (let index = 0; index < 6; index++) {
      using client = await RawClient.open(plane.port);
      await told(client);
    }
    assert.deepEqual(
      [a.connections.length, b.connections.length].toSorted((left, right) => left - right),
      [0, 6],
    );
  });

  test('draws one of several services by weight', async () => {
    await using a = await named('a');
    await using b = await named('b');
    const port = await freePort('127.0.0.1');
    const targets = [
      {
        serverNames: [],
        services: [
          { service: 'a', weight: 1 },
          { service: 'b', weight: 3 },
        ],
      },
    ];
    const services = [servicePlan('a', [`127.0.0.1:${a.port}`]), servicePlan('b', [`127.0.0.1:${b.port}`])];
    await using _plane = await startLayer4([streamPlan('db', port, '', { targets })], services);
    for (let index = 0; index < 40; index++) {
      using client = await RawClient.open(port);
      await told(client);
    }
    assert.ok(a.connections.length >= 4 && a.connections.length <= 18, `about 10 of 40, got ${a.connections.length}`);
  });
});

describe('an endpoint that cannot be reached', () => {
  test('is left for another, and nothing that the client sent is lost', async () => {
    const dead = await freePort('127.0.0.1');
    await using b = await hostileOrigin(() => {});
    await using plane = await world([dead, b.port], balanced('first-fit'));
    using client = await RawClient.open(plane.port);
    client.write('early bytes');
    await eventually(2_000, 'they are there', () => b.connections[0]?.received === 'early bytes');
    b.connections[0]!.write('ok');
    await told(client);
    assert.equal(plane.board.row('service', 0)[RETRIES], 1);
    assert.equal(plane.table.consecutiveLocal[0], 1);
    assert.equal(plane.table.serviceFailed[0], 0);
    assert.equal(plane.table.serviceRetries[0], 1);
    client.socket.resetAndDestroy();
    await eventually(2_000, 'it is over', () => plane.table.serviceRetries[0] === 0);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('is a failure when there is no other, and the client is told by a reset', async () => {
    const dead = await freePort('127.0.0.1');
    await using plane = await world([dead]);
    await refused(plane.port);
    assert.equal(failures(plane, 'upstream-connect'), 1);
    assert.equal(plane.table.serviceFailed[0], 1);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('is not tried again where the plan says so', async () => {
    const dead = await freePort('127.0.0.1');
    await using b = await named('b');
    await using plane = await world([dead, b.port], { ...balanced('first-fit'), retry: { ...RETRY, attempts: 1 } });
    await refused(plane.port);
    assert.equal(b.connections.length, 0);
  });

  test('counts when it does not answer in time', async () => {
    await using b = await named('b');
    // TEST-NET-1 (RFC 5737): nobody answers there.
    const port = await freePort('127.0.0.1');
    const service = servicePlan('db', ['192.0.2.1:9', `127.0.0.1:${b.port}`], {
      ...balanced('first-fit'),
      pool: { ...POOL, connectTimeoutMs: 5_000 },
    });
    await using plane = await startLayer4([streamPlan('db', port, 'db')], [service]);
    using client = await RawClient.open(port);
    await eventually(2_000, 'it is tried', () => plane.table.inflight[0] === 1 || plane.table.consecutiveLocal[0] === 1);
    plane.advance(5_001);
    assert.equal(await told(client), 'b');
    assert.equal(plane.table.consecutiveLocal[0], 1);
  });

  test('says so once it stands out', async () => {
    const dead = await freePort('127.0.0.1');
    const outlier = {
      consecutive5xx: 0,
      consecutiveGatewayErrors: 0,
      consecutiveLocalErrors: 2,
      intervalMs: 1_000,
      baseEjectionMs: 1_000,
      maxEjectionMs: 1_000,
      maxEjectedShare: 1,
      successRate: null,
      latency: null,
    };
    await using plane = await world([dead], { outlier });
    for (let index = 0; index < 2; index++) {
      await refused(plane.port);
    }
    assert.deepEqual(
      plane.said.filter(({ type }) => type === 'suspect'),
      [{ type: 'suspect', service: 0, endpoint: 0 }],
    );
  });
});

test('an endpoint that resets what it has just accepted has failed; one that has said something has not', async () => {
  await using rude = await hostileOrigin((connection) => connection.reset());
  await using plane = await world([rude.port]);
  await refused(plane.port);
  await eventually(2_000, 'it is over', () => plane.table.inflight[0] === 0);
  assert.deepEqual([plane.table.failed[0], plane.table.serviceFailed[0]], [1, 1]);
  await using polite = await named('hello');
  await using other = await world([polite.port]);
  using second = await RawClient.open(other.port);
  await told(second);
  polite.connections[0]!.reset();
  assert.equal(await second.ended(), 'reset');
  assert.deepEqual([other.table.ended[0], other.table.failed[0], other.table.serviceFailed[0]], [1, 0, 0]);
  assert.equal(failures(other, 'upstream-reset'), 1);
});

test('with all endpoints down the client is reset at once', async () => {
  await using a = await named('a');
  await using plane = await world([a.port], { panicThreshold: 0 });
  plane.setState('db', `127.0.0.1:${a.port}`, DOWN);
  await refused(plane.port);
  assert.equal(failures(plane, 'no-endpoint'), 1);
  assert.equal(a.connections.length, 0);
});

describe('limits', () => {
  test('of one source bound its connections', async () => {
    await using a = await named('a');
    await using plane = await world([a.port], {}, { connectionsPerSourceMax: 2 });
    using first = await RawClient.open(plane.port);
    using second = await RawClient.open(plane.port);
    await told(first);
    await told(second);
    await refused(plane.port);
    assert.equal(plane.board.row('listener', 0)[CONNECTIONS_REFUSED], 1);
    first.socket.end();
    a.connections[0]!.end();
    await eventually(2_000, 'one is over', () => plane.table.inflight[0] === 1);
    using fourth = await RawClient.open(plane.port);
    await told(fourth);
  });

  for (const bound of ['requestsMax', 'connectionsMax'] as const) {
    test(`of the service (${bound}) hold, and who comes waits for room`, async () => {
      await using a = await named('a');
      await using plane = await world([a.port], limited({ [bound]: 1, queueMax: 1, queueTimeoutMs: 10_000 }));
      using first = await RawClient.open(plane.port);
      await told(first);
      using second = await RawClient.open(plane.port);
      await refused(plane.port);
      assert.equal(plane.board.row('service', 0)[SHED], 1);
      assert.equal(a.connections.length, 1);
      first.socket.resetAndDestroy();
      assert.equal(await told(second), 'a');
    });
  }

  test('let go of who waited too long', async () => {
    await using a = await named('a');
    await using plane = await world([a.port], limited({ requestsMax: 1, queueMax: 1, queueTimeoutMs: 1_000 }));
    using first = await RawClient.open(plane.port);
    await told(first);
    using second = await RawClient.open(plane.port);
    await eventually(2_000, 'it is counted', () => plane.board.connections(0) === 2);
    plane.advance(1_001);
    assert.equal(await second.ended(), 'reset');
  });

  test('of an open breaker keep everybody out', async () => {
    await using a = await named('a');
    await using plane = await world([a.port]);
    plane.table.breakerState[0] = BREAKER_OPEN;
    await refused(plane.port);
    assert.equal(a.connections.length, 0);
  });
});

describe('a change', () => {
  test('of the targets moves new connections, and leaves the others where they are', async () => {
    await using a = await named('a');
    await using b = await named('b');
    await using plane = await world([a.port]);
    using old = await RawClient.open(plane.port);
    await told(old);
    const services = [...plane.services, servicePlan('other', [`127.0.0.1:${b.port}`])];
    await plane.apply([streamPlan('db', plane.port, 'other')], services);
    using fresh = await RawClient.open(plane.port);
    assert.equal(await told(fresh), 'b');
    old.write('still here');
    await eventually(2_000, 'it goes on', () => a.connections[0]!.received === 'still here');
  });

  test('of the targets forgets nobody who waits, and no connection whose endpoint leaves later', async () => {
    await using a = await named('a');
    await using b = await named('b');
    await using plane = await world([a.port], limited({ requestsMax: 1, queueMax: 1, queueTimeoutMs: 1_000 }));
    using first = await RawClient.open(plane.port);
    await told(first);
    using second = await RawClient.open(plane.port);
    await eventually(2_000, 'it waits', () => plane.board.connections(0) === 2);
    const services = [...plane.services, servicePlan('other', [`127.0.0.1:${b.port}`])];
    await plane.apply([streamPlan('db', plane.port, 'other')], services);
    plane.advance(1_001);
    assert.equal(await second.ended(), 'reset');
    plane.setState('db', `127.0.0.1:${a.port}`, DRAINING | MAINTENANCE);
    plane.advance(250);
    assert.equal(await first.ended(), 'reset');
    await eventually(2_000, 'both are over', () => plane.board.connections(0) === 0);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('that does not concern a listener leaves its connections alone', async () => {
    await using a = await named('a');
    await using plane = await world([a.port]);
    using old = await RawClient.open(plane.port);
    await told(old);
    await plane.apply([streamPlan('db', plane.port, 'db')], plane.services);
    old.write('still here');
    await eventually(2_000, 'it goes on', () => a.connections[0]!.received === 'still here');
  });

  test('that takes an endpoint away ends its connections, once its time to finish is over', async () => {
    await using a = await named('a');
    await using b = await named('b');
    await using plane = await world([a.port, b.port], balanced('first-fit'));
    using old = await RawClient.open(plane.port);
    assert.equal(await told(old), 'a');
    // Until its deadline the control plane keeps it in the plan, draining.
    plane.setState('db', `127.0.0.1:${a.port}`, DRAINING);
    plane.advance(250);
    using fresh = await RawClient.open(plane.port);
    assert.equal(await told(fresh), 'b');
    assert.equal(old.ending, 'open');
    await plane.apply([streamPlan('db', plane.port, 'db')], [servicePlan('db', [`127.0.0.1:${b.port}`], balanced('first-fit'))]);
    plane.advance(250);
    assert.equal(await old.ended(), 'reset');
    assert.equal(failures(plane, 'drain'), 1);
    await eventually(2_000, 'its row is free', () => plane.table.inflight[0] === 0);
  });

  test('an operator drains ends its connections at the deadline, too', async () => {
    await using a = await named('a');
    await using plane = await world([a.port]);
    using old = await RawClient.open(plane.port);
    await told(old);
    plane.setState('db', `127.0.0.1:${a.port}`, DRAINING | MAINTENANCE);
    plane.advance(250);
    assert.equal(await old.ended(), 'reset');
  });
});

describe('a drain', () => {
  test('lets connections finish', async () => {
    await using a = await named('a');
    await using plane = await world([a.port]);
    using client = await RawClient.open(plane.port);
    await told(client);
    const drained = plane.plane.drain(5_000, 50);
    client.write('goodbye');
    await eventually(2_000, 'it goes on', () => a.connections[0]!.received === 'goodbye');
    client.socket.end();
    a.connections[0]!.end();
    assert.equal(await within(4_000, 'the drain ends', drained), 0);
  });

  test('cuts what is left at its deadline', async () => {
    await using a = await named('a');
    await using plane = await world([a.port]);
    using client = await RawClient.open(plane.port);
    await told(client);
    assert.equal(await plane.plane.drain(100, 50), 1);
    assert.equal(await client.ended(), 'reset');
    assert.deepEqual(plane.leftovers(), {});
  });
});
