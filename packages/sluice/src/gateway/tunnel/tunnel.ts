/**
 * An upgraded connection (WebSocket and the like): bytes both ways with backpressure, half-close passed on, ended after silence. What carries it upstream never
 * returns to its pool.
 */
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { Sweepable } from '../sweeper.ts';
import type { TunnelEnd, TunnelListener } from './tunnel-end.ts';

/** Node read the handshake into this much fresh memory. With many tunnels opened at once, left to the collector alone, it stays: 4 KiB for each of 1,000. */
const HANDSHAKE_BYTES = 64 * 1024;

/** Whose tunnel it is: a client's connection, or a request of one. `downstream/` has both. */
export interface TunnelClient {
  readonly listener: ListenerContext;
  deadline: number;
  onTunnelEnd(exchange: Exchange, outcome: Exchange['outcome']): void;
}

export class Tunnel implements Sweepable {
  /** Only at the end, while the last bytes leave: before, the client's deadline is the tunnel's. */
  deadline = Infinity;
  sweepIndex = -1;
  /** What the client's end tells. */
  readonly fromClient: TunnelListener = new FromClient(this);
  protected readonly client: TunnelClient;
  protected readonly exchange: Exchange;
  protected readonly down: TunnelEnd;
  protected readonly up: TunnelEnd;
  isOver = false;
  protected hasOriginEnded = false;
  protected hasClientEnded = false;

  /** @param down The client's end. */
  constructor(client: TunnelClient, exchange: Exchange, attempt: Attempt, down: TunnelEnd) {
    this.client = client;
    this.exchange = exchange;
    this.down = down;
    this.up = attempt.detach(new FromOrigin(this));
  }

  /** @param early What the client sent before the 101. @param first What the origin sent behind it. */
  start(early: Buffer | null, first: Buffer): void {
    this.exchange.head = ''; // nobody sends it again, and it would stay for as long as the tunnel
    this.exchange.webSocketKey = '';
    this.client.listener.worker.noteUpload(HANDSHAKE_BYTES);
    this.touch();
    if (first.length > 0) this.passDown(Buffer.from(first)); // a copy: its memory is read into again
    if (early !== null) this.passUp(early);
  }

  onDeadline(): void {
    if (!this.isOver) return this.finish('timeout-upgrade');
    this.client.listener.worker.sweeper.remove(this);
    this.up.destroy();
  }

  /** The process or the listener ends. */
  end(): void {
    this.finish('drain');
  }

  // ---- what the two ends tell

  passUp(chunk: Buffer): void {
    this.touch();
    this.exchange.bytesIn += chunk.length;
    if (!this.up.write(chunk)) this.down.pause();
  }

  passDown(chunk: Buffer): void {
    this.touch();
    this.exchange.bytesOut += chunk.length;
    if (!this.down.write(chunk)) this.up.pause();
  }

  get clientHoldsBytes(): boolean {
    return this.down.holdsBytes;
  }

  get originHoldsBytes(): boolean {
    return this.up.holdsBytes;
  }

  clientHasRoom(): void {
    this.up.resume();
  }

  originHasRoom(): void {
    this.down.resume();
  }

  clientEnded(): void {
    this.hasClientEnded = true;
    this.up.end();
    if (this.hasOriginEnded) this.finish('complete');
  }

  originEnded(): void {
    this.hasOriginEnded = true;
    this.down.end();
    if (this.hasClientEnded) this.finish('complete');
  }

  clientClosed(): void {
    this.finish(this.hasClientEnded || this.hasOriginEnded ? 'complete' : 'client-gone');
  }

  originClosed(isError: boolean): void {
    if (!isError) this.client.listener.worker.sweeper.remove(this);
    this.finish(isError ? 'upstream-reset' : 'complete');
  }

  protected touch(): void {
    this.client.deadline = this.client.listener.worker.coarseNow + this.client.listener.plan.timeouts.upgradeIdleMs;
  }

  protected finish(outcome: Exchange['outcome']): void {
    if (this.isOver) return;
    this.isOver = true;
    this.client.onTunnelEnd(this.exchange, outcome);
    // What was written still leaves, as long as somebody reads it; then both close.
    const { worker, plan } = this.client.listener;
    const deadline = worker.clock.now() + plan.timeouts.bodyIdleMs;
    if (this.down.holdsBytes) this.client.deadline = deadline;
    this.up.close();
    this.down.close();
    if (this.up.isDestroyed) return;
    this.deadline = deadline;
    worker.sweeper.add(this);
  }
}

class FromClient implements TunnelListener {
  private readonly tunnel: Tunnel;

  constructor(tunnel: Tunnel) {
    this.tunnel = tunnel;
  }

  onBytes(bytes: Buffer): void {
    this.tunnel.passUp(bytes);
  }

  get holdsBytes(): boolean {
    return this.tunnel.originHoldsBytes;
  }

  onEnd(): void {
    this.tunnel.clientEnded();
  }

  onRoom(): void {
    this.tunnel.clientHasRoom();
  }

  onClose(): void {
    this.tunnel.clientClosed();
  }
}

class FromOrigin implements TunnelListener {
  private readonly tunnel: Tunnel;

  constructor(tunnel: Tunnel) {
    this.tunnel = tunnel;
  }

  onBytes(bytes: Buffer): void {
    this.tunnel.passDown(bytes);
  }

  get holdsBytes(): boolean {
    return this.tunnel.clientHoldsBytes;
  }

  onEnd(): void {
    this.tunnel.originEnded();
  }

  onRoom(): void {
    this.tunnel.originHasRoom();
  }

  onClose(isError: boolean): void {
    this.tunnel.originClosed(isError);
  }
}
