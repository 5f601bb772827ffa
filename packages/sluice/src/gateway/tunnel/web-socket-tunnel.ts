/**
 * A tunnel whose bytes are a WebSocket's (RFC 6455). They pass as they are; what we add stands between two frames. A silent client is pinged, if the route says so: what
 * lies between (NAT, firewalls) forgets silent connections. The origin is not: it is near, and the client's pong, which passes like any frame, keeps its side awake, too. Before
 * a tunnel ends for a drain both sides get a close frame (1001), and a second for theirs.
 */
import { randomBytes } from 'node:crypto';
import { FrameScanner } from '../../core/websocket/frame-scanner.ts';
import { CLOSE_CODE, closeFrame, pingFrame } from '../../core/websocket/frames.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import { Tunnel, type TunnelClient } from './tunnel.ts';
import type { TunnelEnd } from './tunnel-end.ts';
import { GOODBYE_MS, type LongLived } from './long-lived.ts';

/** Its payload tells our pongs from those that the origin asked for. */
const PING: Buffer = Buffer.from(pingFrame(Buffer.from('sluice')));
const CLOSE: Buffer = Buffer.from(closeFrame(CLOSE_CODE.goingAway));

export class WebSocketTunnel extends Tunnel implements LongLived {
  /** From the client to the origin, and back. */
  private readonly upward = new FrameScanner();
  private readonly downward = new FrameScanner();
  private readonly pingMs: number;
  private idleDeadline = Infinity;
  private isLeaving = false;
  /** Our close frame went to that side: what else comes for it ends here (RFC 6455 §5.5.1). */
  private hasToldOrigin = false;
  private hasToldClient = false;

  constructor(client: TunnelClient, exchange: Exchange, attempt: Attempt, down: TunnelEnd) {
    super(client, exchange, attempt, down);
    this.pingMs = exchange.route!.plan.webSocket.pingMs;
    client.listener.worker.longLived.add(this);
  }

  get listener(): object {
    return this.client.listener;
  }

  get slot(): number {
    return this.exchange.endpoint;
  }

  leave(): void {
    if (this.isLeaving || this.isOver) return;
    this.isLeaving = true;
    this.client.deadline = this.client.listener.worker.clock.now() + GOODBYE_MS;
    if (this.downward.isAtBoundary) this.tellClient();
    if (this.upward.isAtBoundary) this.tellOrigin();
    this.settle();
  }

  override onDeadline(): void {
    const { worker } = this.client.listener;
    const now = worker.clock.now();
    if (this.isOver || this.isLeaving || now >= this.idleDeadline) return super.onDeadline();
    this.client.deadline = Math.min(now + this.pingMs, this.idleDeadline);
    if (this.downward.isAtBoundary && !this.downward.isClosing && !this.hasOriginEnded && !this.down.holdsBytes) this.down.write(PING);
  }

  override passUp(chunk: Buffer): void {
    const boundary = this.upward.feed(chunk, 0, chunk.length);
    if (!this.isLeaving) return super.passUp(chunk);
    if (!this.hasToldOrigin) {
      const isLast = boundary >= 0 && !this.upward.isClosing;
      super.passUp(isLast ? chunk.subarray(0, boundary) : chunk);
      if (isLast) this.tellOrigin();
    }
    this.settle();
  }

  override passDown(chunk: Buffer): void {
    const boundary = this.downward.feed(chunk, 0, chunk.length);
    if (!this.isLeaving) return super.passDown(chunk);
    if (!this.hasToldClient) {
      const isLast = boundary >= 0 && !this.downward.isClosing;
      super.passDown(isLast ? chunk.subarray(0, boundary) : chunk);
      if (isLast) this.tellClient();
    }
    this.settle();
  }

  override clientEnded(): void {
    if (!this.isLeaving) return super.clientEnded();
    this.hasClientEnded = true;
    this.settle();
  }

  override originEnded(): void {
    if (!this.isLeaving) return super.originEnded();
    this.hasOriginEnded = true;
    this.settle();
  }

  override originClosed(isError: boolean): void {
    if (!this.isLeaving || this.isOver) return super.originClosed(isError);
    this.hasOriginEnded = true; // the client still has its second
    this.settle();
  }

  protected override touch(): void {
    if (this.isLeaving) return;
    const { worker, plan } = this.client.listener;
    this.idleDeadline = worker.coarseNow + plan.timeouts.upgradeIdleMs;
    this.client.deadline = this.pingMs > 0 ? Math.min(worker.coarseNow + this.pingMs, this.idleDeadline) : this.idleDeadline;
  }

  protected override finish(outcome: Exchange['outcome']): void {
    if (!this.isOver) this.client.listener.worker.longLived.remove(this);
    super.finish(this.isLeaving ? 'drain' : outcome);
  }

  /** The next byte for the client begins a frame: ours. */
  private tellClient(): void {
    if (this.downward.isClosing || this.hasOriginEnded) return; // the origin said goodbye itself
    this.hasToldClient = true;
    this.down.write(CLOSE);
  }

  private tellOrigin(): void {
    if (this.upward.isClosing || this.hasClientEnded) return;
    this.hasToldOrigin = true;
    this.up.write(Buffer.from(closeFrame(CLOSE_CODE.goingAway, '', randomBytes(4)))); // RFC 6455 §5.3: clients mask
  }

  /** Nobody has anything more to say: it ends. */
  private settle(): void {
    const hasClientClosed = this.hasClientEnded || (this.upward.isClosing && this.upward.isAtBoundary);
    const hasOriginClosed = this.hasOriginEnded || (this.downward.isClosing && this.downward.isAtBoundary);
    if (hasClientClosed && hasOriginClosed) this.finish('drain');
  }
}
