/**
 * An upgraded connection (WebSocket and the like): bytes both ways with backpressure, half-close passed on, ended after silence. The upstream
 * socket never returns to its pool.
 */
import type { Socket } from 'node:net';
import type { Attempt, Exchange } from './exchange/exchange.ts';
import type { ListenerContext } from './listeners/listener-context.ts';
import type { Sweepable } from './sweeper.ts';

/** Whose tunnel it is. `downstream/http1-connection.ts` is it. */
export interface TunnelClient {
  readonly socket: Socket;
  readonly listener: ListenerContext;
  deadline: number;
  onTunnelEnd(exchange: Exchange, outcome: Exchange['outcome']): void;
}

export class Tunnel implements Sweepable {
  /** Only at the end, while the last bytes leave: before, the client's deadline is the tunnel's. */
  deadline = Infinity;
  sweepIndex = -1;
  private readonly client: TunnelClient;
  private readonly exchange: Exchange;
  private readonly origin: Socket;
  private isOver = false;
  private hasOriginEnded = false;
  private hasClientEnded = false;

  constructor(client: TunnelClient, exchange: Exchange, attempt: Attempt) {
    this.client = client;
    this.exchange = exchange;
    this.origin = attempt.detach((bytes) => {
      this.passDown(bytes);
      return client.socket.writableLength > 0;
    });
    this.origin.allowHalfOpen = true;
  }

  /** @param early What the client sent before the 101. @param first What the origin sent behind it. */
  start(early: Buffer | null, first: Buffer): void {
    const { socket } = this.client;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => this.passUp(chunk));
    this.origin.on('drain', () => socket.resume());
    this.origin.on('end', () => this.onOriginEnd());
    this.origin.on('error', () => this.finish('upstream-reset'));
    this.origin.on('close', () => {
      this.client.listener.worker.sweeper.remove(this);
      this.finish('complete');
    });
    this.touch();
    if (first.length > 0) this.passDown(Buffer.from(first)); // a copy: its memory is read into again
    if (early !== null) this.passUp(early);
  }

  onDownstreamDrain(): void {
    this.origin.resume();
  }

  onDownstreamEnd(): void {
    this.hasClientEnded = true;
    this.origin.end();
    if (this.hasOriginEnded) this.finish('complete');
  }

  onDownstreamClose(): void {
    this.finish(this.hasClientEnded || this.hasOriginEnded ? 'complete' : 'client-gone');
  }

  onDeadline(): void {
    if (!this.isOver) return this.finish('timeout-upgrade');
    this.client.listener.worker.sweeper.remove(this);
    this.origin.destroy();
  }

  /** The process or the listener ends. */
  end(): void {
    this.finish('drain');
  }

  private passUp(chunk: Buffer): void {
    this.touch();
    this.exchange.bytesIn += chunk.length;
    if (this.origin.writable && !this.origin.write(chunk)) this.client.socket.pause();
  }

  private passDown(chunk: Buffer): void {
    this.touch();
    this.exchange.bytesOut += chunk.length;
    if (this.client.socket.writable && !this.client.socket.write(chunk)) this.origin.pause();
  }

  private onOriginEnd(): void {
    this.hasOriginEnded = true;
    this.client.socket.end();
    if (this.hasClientEnded) this.finish('complete');
  }

  private touch(): void {
    this.client.deadline = this.client.listener.worker.coarseNow + this.client.listener.plan.timeouts.upgradeIdleMs;
  }

  private finish(outcome: Exchange['outcome']): void {
    if (this.isOver) return;
    this.isOver = true;
    this.client.onTunnelEnd(this.exchange, outcome);
    // What was written still leaves, as long as somebody reads it; then both close.
    const { worker, plan } = this.client.listener;
    const deadline = worker.clock.now() + plan.timeouts.bodyIdleMs;
    if (this.client.socket.writableLength > 0) this.client.deadline = deadline;
    this.origin.destroySoon();
    this.client.socket.destroySoon();
    if (this.origin.destroyed) return;
    this.deadline = deadline;
    worker.sweeper.add(this);
  }
}
