/** A listener for HTTP in one worker: its connections, its rules about clients and its routes. */
import { isDeepStrictEqual } from 'node:util';
import type { Socket } from 'node:net';
import { normalizeHost } from '../../core/routing/host.ts';
import { normalizePath } from '../../core/routing/path.ts';
import { Router } from '../../core/routing/router.ts';
import type { HttpListenerPlan, ListenerPlan } from '../../config/plan.ts';
import { compileLinearRegex } from '../../io/regex.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { Acceptor } from './acceptor.ts';
import type { Arrival, ClientConnection, TlsFacts } from './arrival.ts';
import { Entry, type EntryOwner } from './entry.ts';
import { Http1Connection } from '../downstream/http1-connection.ts';
import { Http2Connection } from '../downstream/http2-connection.ts';
import type { ListenerContext } from './listener-context.ts';
import { ForwardingRules } from '../exchange/forwarding.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import { Sweeper } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';

/** What a listener needs of its worker beyond the common. `data-plane.ts` is it. */
export interface HttpListenerOwner extends WorkerContext {
  readonly sharesPorts: boolean;
  compileRoute(index: number): RouteRuntime;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}

export class HttpListener implements ListenerContext, EntryOwner {
  readonly worker: HttpListenerOwner;
  plan: HttpListenerPlan;
  readonly slot: number;
  forwarding: ForwardingRules;
  hstsLine: string;
  router!: Router;
  readonly connections = new Sweeper<ClientConnection>();
  private routes: (RouteRuntime | null)[] = [];
  private readonly acceptor: Acceptor;
  private readonly entry: Entry;
  private lastAuthority = '';
  private lastHost: string | null = '';
  private isDraining = false;

  constructor(worker: HttpListenerOwner, plan: HttpListenerPlan, slot: number) {
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.forwarding = new ForwardingRules(plan.forwarding);
    this.hstsLine = hstsLine(plan);
    this.entry = new Entry(this, plan);
    this.acceptor = new Acceptor({
      address: plan.address,
      sharesPort: worker.sharesPorts,
      isTuned: true,
      onSocket: (socket) => this.accept(socket),
      onError: (error) => worker.event('error', 'listener failed', { listener: plan.name, reason: error.message }),
    });
  }

  get size(): number {
    return this.connections.size;
  }

  update(plan: ListenerPlan): void {
    if (plan.kind !== 'http') return;
    if (!isDeepStrictEqual(plan.forwarding, this.plan.forwarding)) this.forwarding = new ForwardingRules(plan.forwarding);
    this.hstsLine = hstsLine(plan);
    this.entry.update(plan);
    this.plan = plan;
  }

  /** Compiles the routes that hold here. */
  setRoutes(): void {
    const { plan } = this.worker;
    this.router = new Router(plan.routes, { listener: this.plan.name, compileRegex: compileLinearRegex });
    this.routes = new Array<RouteRuntime | null>(plan.routes.length).fill(null);
  }

  start(): Promise<void> {
    return this.acceptor.start();
  }

  serve(): void {
    this.acceptor.serve();
  }

  /** The route of a request, or null. */
  route(view: RequestView): RouteRuntime | null {
    const index = this.router.match(view);
    return index < 0 ? null : (this.routes[index] ??= this.worker.compileRoute(index));
  }

  /** Normalised host of an authority, or null. The last one is remembered: a client rarely asks for another. */
  hostOf(authority: string): string | null {
    if (authority !== this.lastAuthority) {
      this.lastHost = authority === '' ? '' : normalizeHost(authority);
      this.lastAuthority = authority;
    }
    return this.lastHost;
  }

  pathOf(path: string): string | null {
    return normalizePath(path, this.plan);
  }

  isMisdirected(host: string, tls: TlsFacts): boolean {
    return this.entry.isMisdirected(host, tls);
  }

  drain(): void {
    this.isDraining = true;
    this.acceptor.stop();
    for (const connection of this.connections.all()) connection.announceClose();
  }

  close(): number {
    this.acceptor.close();
    let cut = 0;
    for (const connection of this.connections.all()) {
      if (!connection.isIdle) cut++;
      connection.cut('drain');
    }
    return cut;
  }

  closeIdle(): void {
    for (const connection of this.connections.all()) if (connection.isIdle) connection.cut('drain');
  }

  /** Its client speaks HTTP/2 by prior knowledge (RFC 9113 §3.3). @param first What was read so far. */
  onHttp2(connection: Http1Connection, first: Buffer): void {
    this.put(new Http2Connection(this, connection.arrival, this, first), connection);
  }

  onEntering(connection: ClientConnection, before: ClientConnection | null): void {
    this.put(connection, before);
  }

  /** Who is there is known: now HTTP begins. */
  onArrival(arrival: Arrival, before: ClientConnection | null): void {
    const isHttp2 = arrival.tls?.alpn === 'h2';
    this.put(isHttp2 ? new Http2Connection(this, arrival, this) : new Http1Connection(this, arrival, this), before);
  }

  onClosed(connection: ClientConnection, reason: CloseReason): void {
    if (!this.connections.remove(connection)) return;
    if (this.connections.size === 0) this.worker.sweeper.remove(this.connections);
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (this.isDraining && this.connections.size === 0) this.worker.onListenerEmpty();
  }

  private accept(socket: Socket): void {
    if (this.connections.size < this.plan.connectionsMax && this.entry.admit(socket)) return;
    this.worker.metrics.connectionRefused(this.slot);
    socket.destroy();
  }

  /** @param before In whose place it comes; null: it was accepted just now. */
  private put(connection: ClientConnection, before: ClientConnection | null): void {
    if (before === null) this.worker.metrics.connectionOpened(this.slot);
    else this.connections.remove(before);
    this.connections.add(connection);
    if (this.connections.sweepIndex < 0) this.worker.sweeper.add(this.connections);
    if (this.isDraining) connection.announceClose();
  }
}

/** RFC 6797 §7.2: never in the clear. */
function hstsLine({ tls }: HttpListenerPlan): string {
  return tls === null || tls.hsts === null ? '' : `Strict-Transport-Security: ${tls.hsts}\r\n`;
}
