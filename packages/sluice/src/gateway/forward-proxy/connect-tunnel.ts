/**
 * What follows a CONNECT that was let through: bytes both ways, unread. An end of one side is passed on as an end, a reset as a reset, and a side that cannot take more stops the other.
 * Ended after silence, or when its time is over.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import type { EndpointLink, LinkOwner } from '../layer4/endpoint-link.ts';
import type { Arrival } from '../listeners/arrival.ts';
import { resetSocket } from '../reset-socket.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';

/** Whose tunnel it is. `proxy-connection.ts` is it. */
export interface TunnelOwner {
  readonly worker: WorkerContext;
  readonly arrival: Arrival;
  deadline: number;
  /** What the client has sent meanwhile may come. */
  onOpen(): void;
  onTunnelEnd(reason: CloseReason): void;
}

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'; // RFC 9110 §9.3.6: no content, and nothing that says how long it were

export class ConnectTunnel implements LinkOwner {
  private readonly owner: TunnelOwner;
  private readonly request: ProxyRequest;
  private readonly link: EndpointLink;
  private readonly client: Socket;
  private readonly timeouts: ProxyRules['timeouts'];
  /** Whatever happens in it. */
  private readonly endsAt: number;
  private hasClientEnded = false;
  private hasOriginEnded = false;
  private isOver = false;

  constructor(owner: TunnelOwner, rules: ProxyRules, request: ProxyRequest, link: EndpointLink) {
    const { timeouts } = rules;
    this.owner = owner;
    this.request = request;
    this.link = link;
    this.client = owner.arrival.socket;
    this.timeouts = timeouts;
    this.endsAt = timeouts.lifetimeMs === 0 ? Infinity : request.startedAt + timeouts.lifetimeMs;
  }

  onConnected(): void {
    this.request.status = 200;
    this.client.write(ESTABLISHED, 'latin1');
    this.touch();
    this.owner.onOpen();
  }

  // ---- what the client says

  onClientBytes(chunk: Buffer): void {
    this.request.bytesIn += chunk.length;
    this.touch();
    if (!this.link.write(chunk)) this.client.pause();
    this.owner.worker.noteUpload(chunk.length);
  }

  onClientDrain(): void {
    this.touch();
    this.link.resume();
  }

  onClientEnd(): void {
    this.hasClientEnded = true;
    if (this.hasOriginEnded && this.isFlushed()) return this.finish('complete', 'normal');
    this.link.end();
    this.touch();
  }

  /** @param isError Its connection has broken. */
  onClientClosed(isError: boolean): void {
    if (this.isOver) return;
    if (isError || !this.hasClientEnded || !this.hasOriginEnded) return this.finish('client-gone', 'error');
    if (this.link.isClosed) this.finish('complete', 'normal');
  }

  // ---- what the origin says

  /** @returns Whether the bytes' memory is still needed. */
  onEndpointBytes(bytes: Buffer): boolean {
    const { client } = this;
    this.request.bytesOut += bytes.length;
    this.touch();
    if (!client.writable) return false;
    if (!client.write(bytes)) this.link.pause();
    return client.writableLength > 0;
  }

  onEndpointDrain(): void {
    this.touch();
    this.client.resume();
  }

  onEndpointEnd(): void {
    this.hasOriginEnded = true;
    if (this.hasClientEnded && this.isFlushed()) return this.finish('complete', 'normal');
    this.client.end();
    this.touch();
  }

  onEndpointError(): void {
    this.finish('upstream-reset', 'error');
  }

  onClosed(): void {
    if (this.isOver) return;
    if (!this.hasClientEnded || !this.hasOriginEnded) return this.finish('upstream-reset', 'error');
    if (this.client.destroyed) this.finish('complete', 'normal');
  }

  // ---- what ends it

  onDeadline(now: Instant): void {
    this.finish(now >= this.endsAt ? 'timeout-lifetime' : 'timeout-idle', 'timeout');
  }

  cut(reason: CloseReason): void {
    this.finish('drain', reason);
  }

  /** Everything was handed to the system, and closing says the rest. Behind TLS it would leave the closing alert out. */
  private isFlushed(): boolean {
    return this.owner.arrival.tls === null && this.client.writableLength === 0 && this.link.isFlushed;
  }

  private touch(): void {
    const { idleMs, halfClosedMs } = this.timeouts;
    const silenceMs = this.hasClientEnded || this.hasOriginEnded ? halfClosedMs : idleMs;
    this.owner.deadline = Math.min(this.owner.worker.coarseNow + silenceMs, this.endsAt);
  }

  private finish(outcome: AccessOutcome, reason: CloseReason): void {
    if (this.isOver) return;
    this.isOver = true;
    this.request.outcome = outcome;
    // A plain close would let either side take half for the whole.
    const isCut = outcome !== 'complete' && outcome !== 'timeout-idle';
    if (isCut) resetSocket(this.client, this.owner.arrival.transport);
    else this.client.destroy();
    this.link.destroy(isCut);
    this.owner.onTunnelEnd(reason);
  }
}
