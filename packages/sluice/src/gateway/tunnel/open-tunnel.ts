/** The tunnel that an upgrade makes: one that knows the frames of a WebSocket, or one that knows nothing of its bytes. */
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import { Tunnel, type TunnelClient } from './tunnel.ts';
import type { TunnelEnd } from './tunnel-end.ts';
import { WebSocketTunnel } from './web-socket-tunnel.ts';

/** @param down The client's end. */
export function openTunnel(client: TunnelClient, exchange: Exchange, attempt: Attempt, down: TunnelEnd): Tunnel {
  return exchange.isWebSocket ? new WebSocketTunnel(client, exchange, attempt, down) : new Tunnel(client, exchange, attempt, down);
}
