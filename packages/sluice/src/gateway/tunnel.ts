/**
 * An upgraded connection (WebSocket and the like): bytes both ways with backpressure, half-close passed on, ended after silence. The upstream
 * socket never returns to its pool.
 */
import type { Instant } from '../base/time.ts';
import type { DownstreamConnection } from './downstream.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamConnection } from './upstream.ts';

export class Tunnel {
  private readonly downstream: DownstreamConnection;
  private readonly exchange: Exchange;
  private readonly upstream: UpstreamConnection;
  private readonly idleMs: number;
  private isOver = false;
  private isUpstreamEnded = false;
  private isDownstreamEnded = false;

  constructor(downstream: DownstreamConnection, exchange: Exchange, upstream: UpstreamConnection, idleMs: number) {
    this.downstream = downstream;
    this.exchange = exchange;
    this.upstream = upstream;
    this.idleMs = idleMs;
  }

  /** @param early What the client sent before the 101. @param first What the origin sent behind it. */
  start(early: Buffer | null, first: Buffer): void {
    const { socket: client } = this.downstream;
    const { socket: origin } = this.upstream;
    this.upstream.detach((bytes) => {
      this.pass(bytes, 'down');
      return client.writableLength > 0;
    });
    client.removeAllListeners('data');
    client.on('data', (chunk: Buffer) => this.pass(chunk, 'up'));
    origin.on('drain', () => client.resume());
    origin.on('end', () => this.onUpstreamEnd());
    origin.on('error', () => this.finish('upstream-reset'));
    origin.on('close', () => this.finish('complete'));
    this.touch();
    if (first.length > 0) this.pass(Buffer.from(first), 'down'); // its memory is read into again
    if (early !== null) this.pass(early, 'up');
  }

  onDownstreamDrain(): void {
    this.upstream.socket.resume();
  }

  onDownstreamEnd(): void {
    this.isDownstreamEnded = true;
    this.upstream.socket.end();
    if (this.isUpstreamEnded) this.finish('complete');
  }

  onDownstreamClose(): void {
    this.finish(this.isDownstreamEnded || this.isUpstreamEnded ? 'complete' : 'client-gone');
  }

  onDeadline(_now: Instant): void {
    this.finish('timeout-upgrade');
  }

  /** The process or the listener ends. */
  end(): void {
    this.finish('drain');
  }

  private pass(chunk: Buffer, way: 'up' | 'down'): void {
    this.touch();
    const from = way === 'up' ? this.downstream.socket : this.upstream.socket;
    const to = way === 'up' ? this.upstream.socket : this.downstream.socket;
    if (way === 'up') this.exchange.bytesIn += chunk.length;
    else this.exchange.bytesOut += chunk.length;
    if (!to.writable) return;
    if (!to.write(chunk)) from.pause();
  }

  private onUpstreamEnd(): void {
    this.isUpstreamEnded = true;
    this.downstream.socket.end();
    if (this.isDownstreamEnded) this.finish('complete');
  }

  private touch(): void {
    this.downstream.deadline = this.downstream.listener.plane.coarseNow + this.idleMs;
  }

  private finish(outcome: Exchange['outcome']): void {
    if (this.isOver) return;
    this.isOver = true;
    this.exchange.service!.tunnelEnded(this.exchange, this.upstream);
    const { socket } = this.downstream;
    this.downstream.onTunnelEnd(this.exchange, outcome);
    // destroySoon: what was written still leaves; then the socket closes.
    this.upstream.socket.destroySoon();
    socket.destroySoon();
  }
}
