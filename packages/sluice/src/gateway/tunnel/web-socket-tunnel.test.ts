/** What we put between the frames of a WebSocket: pings, and the goodbyes of drains. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DRAINING, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { allEnded, type OpenTunnel, tunnelWorld } from '../../../test/support/tunnel-world.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { frame } from '../../../test/support/websocket-frames.ts';

const MASK = Buffer.from([9, 8, 7, 6]);
const GOING_AWAY = Buffer.from([0x03, 0xe9]);
const CLOSE = latin1(frame({ opcode: 8, payload: GOING_AWAY }));
const MASKED_CLOSE = latin1(frame({ opcode: 8, payload: GOING_AWAY, mask: MASK }));
const PING = latin1(frame({ opcode: 9, payload: Buffer.from('sluice') }));
const MESSAGE = latin1(frame({ payload: Buffer.alloc(300, 1) }));
const MASKED_MESSAGE = latin1(frame({ payload: Buffer.alloc(300, 1), mask: MASK }));

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** A masked close frame as the origin saw it, without its mask. */
function unmasked(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(bytes.length, 8);
  assert.equal(bytes[1], 0x82);
  const payload = bytes.subarray(6).map((byte, index) => byte ^ bytes[2 + index]!);
  return latin1(Buffer.concat([Buffer.of(bytes[0]!, 2), payload]));
}

async function clientGets(tunnel: OpenTunnel, expected: string): Promise<void> {
  await tunnel.client.until(
    `the client gets ${Buffer.from(expected, 'latin1').toString('hex')}`,
    () => tunnel.toClient().length >= expected.length,
  );
  assert.equal(tunnel.toClient(), expected);
}

async function originGets(tunnel: OpenTunnel, expected: string): Promise<void> {
  await eventually(2_000, `the origin gets ${expected.length} bytes`, () => tunnel.toOrigin().length >= expected.length);
  assert.equal(tunnel.toOrigin(), expected);
}

async function bothAreTold(tunnel: OpenTunnel): Promise<void> {
  await clientGets(tunnel, CLOSE);
  await eventually(2_000, 'the origin is told', () => tunnel.toOrigin().length >= 8);
  assert.equal(unmasked(tunnel.toOrigin()), CLOSE);
}

describe('pings', () => {
  test('a silent client is pinged, again and again, and the origin is not', async () => {
    await using setting = await tunnelWorld({ pingMs: 30_000 });
    const tunnel = await setting.open();
    const { world } = setting;
    world.advance(29_000);
    assert.equal(tunnel.toClient(), '');
    world.advance(1_100);
    await clientGets(tunnel, PING);
    world.advance(30_100);
    await clientGets(tunnel, PING + PING);
    assert.equal(tunnel.toOrigin(), '');
  });

  test('its pong passes to the origin and counts as life: the next ping waits for silence again', async () => {
    await using setting = await tunnelWorld({ pingMs: 30_000 });
    const tunnel = await setting.open();
    const { world } = setting;
    world.advance(30_100);
    await clientGets(tunnel, PING);
    world.advance(20_000);
    const pong = latin1(frame({ opcode: 10, payload: Buffer.from('sluice'), mask: MASK }));
    tunnel.client.write(pong);
    await originGets(tunnel, pong);
    world.advance(20_000);
    assert.equal(tunnel.toClient(), PING);
    world.advance(11_000);
    await clientGets(tunnel, PING + PING);
  });

  test('a ping of ours is no life: a client that is silent to all of them is ended by the idle limit', async () => {
    await using setting = await tunnelWorld({ pingMs: 1_000_000 });
    const tunnel = await setting.open();
    const { world } = setting;
    for (let count = 0; count < 3; count++) world.advance(1_000_100);
    await clientGets(tunnel, PING.repeat(3));
    assert.equal(tunnel.client.ending, 'open');
    world.advance(600_000); // 3,600,300 ms
    assert.equal(await tunnel.client.ended(), 'fin');
    await allEnded(world);
  });

  test('no ping stands within a frame, nor behind a close', async () => {
    await using setting = await tunnelWorld({ pingMs: 30_000 });
    const tunnel = await setting.open();
    const { world } = setting;
    tunnel.origin.write(MESSAGE.slice(0, 100));
    await clientGets(tunnel, MESSAGE.slice(0, 100));
    world.advance(31_000);
    world.advance(31_000);
    tunnel.origin.write(MESSAGE.slice(100));
    await clientGets(tunnel, MESSAGE);
    world.advance(31_000);
    await clientGets(tunnel, MESSAGE + PING);
    tunnel.origin.write(CLOSE);
    await clientGets(tunnel, MESSAGE + PING + CLOSE);
    world.advance(31_000);
    tunnel.origin.write('x');
    await clientGets(tunnel, `${MESSAGE}${PING}${CLOSE}x`);
  });

  test('without the rule nobody is pinged', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    setting.world.advance(3_599_000);
    tunnel.origin.write('x');
    await clientGets(tunnel, 'x');
  });
});

describe('the end of a drain', () => {
  test('both sides are told with 1001, and it ends when both have answered', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const { world } = setting;
    assert.equal(world.plane.longLived.leave(), 1);
    await bothAreTold(tunnel);
    tunnel.origin.write(CLOSE);
    tunnel.origin.end();
    assert.equal(tunnel.client.ending, 'open', 'the client has its second');
    tunnel.client.write(MASKED_CLOSE);
    assert.equal(await tunnel.client.ended(), 'fin');
    assert.equal(tunnel.toClient(), CLOSE, 'no answer to an answer');
    assert.equal(tunnel.toOrigin().length, 8);
    await allEnded(world);
    assert.equal(world.plane.longLived.size, 0);
  });

  test('who does not answer has a second', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const { world } = setting;
    world.plane.longLived.leave();
    await bothAreTold(tunnel);
    world.advance(500);
    assert.equal(tunnel.client.ending, 'open');
    world.advance(600);
    assert.equal(await tunnel.client.ended(), 'fin');
    await eventually(2_000, 'the origin, too', () => tunnel.origin.ending !== null);
    await allEnded(world);
  });

  test('a peer within an endless frame does not put the end off', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const long = latin1(frame({ payload: Buffer.alloc(70_000) }));
    tunnel.origin.write(long.slice(0, 100));
    await clientGets(tunnel, long.slice(0, 100));
    setting.world.plane.longLived.leave();
    setting.world.advance(600);
    tunnel.origin.write(long.slice(100, 200));
    await clientGets(tunnel, long.slice(0, 200));
    setting.world.advance(600);
    assert.equal(await tunnel.client.ended(), 'fin');
  });

  test('a frame under way is finished first, and what follows it ends here', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const { world } = setting;
    tunnel.origin.write(MESSAGE.slice(0, 100));
    tunnel.client.write(MASKED_MESSAGE.slice(0, 100));
    await clientGets(tunnel, MESSAGE.slice(0, 100));
    await originGets(tunnel, MASKED_MESSAGE.slice(0, 100));
    world.plane.longLived.leave();
    tunnel.origin.write(MESSAGE.slice(100) + MESSAGE + MESSAGE.slice(0, 50));
    await clientGets(tunnel, MESSAGE + MESSAGE + CLOSE);
    tunnel.origin.write(MESSAGE.slice(50) + MESSAGE);
    tunnel.client.write(MASKED_MESSAGE.slice(100));
    await eventually(2_000, 'the origin is told', () => tunnel.toOrigin().length >= MASKED_MESSAGE.length + 8);
    assert.equal(tunnel.toOrigin().slice(0, MASKED_MESSAGE.length), MASKED_MESSAGE);
    assert.equal(unmasked(tunnel.toOrigin().slice(MASKED_MESSAGE.length)), CLOSE);
    tunnel.origin.write(CLOSE);
    tunnel.client.write(MASKED_CLOSE);
    assert.equal(await tunnel.client.ended(), 'fin');
    assert.equal(tunnel.toClient(), MESSAGE + MESSAGE + CLOSE);
    await allEnded(world);
  });

  test('a frame that does not end in that second is cut', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    tunnel.origin.write(MESSAGE.slice(0, 100));
    await clientGets(tunnel, MESSAGE.slice(0, 100));
    setting.world.plane.longLived.leave();
    setting.world.advance(1_100);
    assert.equal(await tunnel.client.ended(), 'fin');
    assert.equal(tunnel.toClient(), MESSAGE.slice(0, 100));
  });

  test('a goodbye that was under way is not said twice', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const normal = latin1(frame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) }));
    tunnel.origin.write(normal);
    await clientGets(tunnel, normal);
    setting.world.plane.longLived.leave();
    await eventually(2_000, 'the origin is told', () => tunnel.toOrigin().length > 0);
    tunnel.client.write(MASKED_CLOSE);
    assert.equal(await tunnel.client.ended(), 'fin');
    assert.equal(tunnel.toClient(), normal);
  });

  test('the worker ends only after the goodbyes, and counts none of them as cut', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    const draining = setting.world.plane.drain(10, 5);
    await bothAreTold(tunnel);
    tunnel.origin.write(CLOSE);
    tunnel.client.write(MASKED_CLOSE);
    tunnel.client.socket.end();
    assert.equal(await draining, 0);
  });
});

describe('an endpoint that goes', () => {
  test('out of its service says goodbye to its WebSockets', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    await setting.world.apply([servicePlan('web', ['127.0.0.1:1'])], [setting.route]);
    await bothAreTold(tunnel);
  });

  test('with its service, the same', async () => {
    await using setting = await tunnelWorld();
    const tunnel = await setting.open();
    await setting.world.apply(
      [servicePlan('other', [])],
      [{ ...setting.route, action: { kind: 'services', targets: [{ service: 'other', weight: 1 }] } }],
    );
    await bothAreTold(tunnel);
  });

  test('out of use by an operator does so when the drain is over, not before', async () => {
    await using setting = await tunnelWorld();
    const { world } = setting;
    const tunnel = await setting.open();
    world.table.state[0] = DRAINING;
    world.advance(250);
    tunnel.origin.write(MESSAGE);
    await clientGets(tunnel, MESSAGE);
    world.table.state[0] = DRAINING | MAINTENANCE;
    world.advance(250);
    await clientGets(tunnel, MESSAGE + CLOSE);
  });

  test('and one that stays keeps its WebSockets through changes of everything else', async () => {
    await using setting = await tunnelWorld();
    const { world, service, route } = setting;
    const tunnel = await setting.open();
    const [endpoint] = service.endpoints;
    await world.apply([servicePlan('web', [endpoint!.address, '127.0.0.1:1'], { slowStartMs: 5_000 }), servicePlan('more', [])], [route]);
    await world.apply([service], [{ ...route, priority: 3, webSocket: { pingMs: 1_000 } }]);
    tunnel.origin.write(MESSAGE);
    await clientGets(tunnel, MESSAGE);
    tunnel.client.write(MASKED_MESSAGE);
    await originGets(tunnel, MASKED_MESSAGE);
  });
});
