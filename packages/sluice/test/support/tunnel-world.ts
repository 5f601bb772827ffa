/** An open tunnel through a data plane of the test's own: a raw client, a raw origin, and the clock between them. */
import type { RoutePlan, ServicePlan } from '../../src/config/plan.ts';
import { type HostileOrigin, hostileOrigin, type OriginConnection } from './hostile-origin.ts';
import { servicePlan } from './plans.ts';
import { RawClient } from './raw-client.ts';
import { routePlan, type ServicePlane, startServicePlane } from './service-plane.ts';
import { eventually } from './waiting.ts';

const ASK =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** One WebSocket: what each end received since the handshake, as latin1. */
export interface OpenTunnel {
  readonly client: RawClient;
  readonly origin: OriginConnection;
  toClient(): string;
  toOrigin(): string;
}

export interface TunnelWorld extends AsyncDisposable {
  readonly world: ServicePlane;
  readonly server: HostileOrigin;
  readonly service: ServicePlan;
  readonly route: RoutePlan;
  open(): Promise<OpenTunnel>;
}

export interface TunnelWorldOptions {
  readonly pingMs?: number;
}

export async function tunnelWorld({ pingMs = 0 }: TunnelWorldOptions = {}): Promise<TunnelWorld> {
  const server = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(SWITCH);
  });
  const service = servicePlan('web', [`127.0.0.1:${server.port}`]);
  const route = routePlan('all', 'web', { webSocket: { pingMs } });
  const world = await startServicePlane([service], [route]);
  const clients: RawClient[] = [];
  return {
    world,
    server,
    service,
    route,
    async open() {
      const client = await RawClient.open(world.port);
      clients.push(client);
      const index = server.connections.length;
      client.write(ASK);
      const head = await client.until('101', (text) => text.includes('\r\n\r\n'));
      const skip = head.indexOf('\r\n\r\n') + 4;
      await eventually(2_000, 'the origin has it', () => server.connections.length > index);
      const origin = server.connections[index]!;
      return {
        client,
        origin,
        toClient: () => client.text.slice(skip),
        toOrigin: () => origin.received.slice(origin.received.indexOf('\r\n\r\n') + 4),
      };
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of clients) socket.destroy();
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Nothing is in flight any more. */
export async function allEnded(world: ServicePlane): Promise<void> {
  await eventually(2_000, 'nothing is in flight', () => Object.keys(world.leftovers()).length === 0);
}
