/** An address that accepts connections in one worker. Each worker has its own socket on the same address (SO_REUSEPORT); the kernel spreads connections. */
import { isDeepStrictEqual } from 'node:util';
import { createServer, type Server, type Socket } from 'node:net';
import { normalizeHost } from '../../core/routing/host.ts';
import { normalizePath } from '../../core/routing/path.ts';
import { Router } from '../../core/routing/router.ts';
import type { ListenerPlan } from '../../config/plan.ts';
import { compileLinearRegex } from '../../io/regex.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { Http1Connection } from '../downstream/http1-connection.ts';
import type { ListenerContext } from './listener-context.ts';
import { ForwardingRules } from '../exchange/forwarding.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import type { WorkerContext } from '../worker-context.ts';

const BACKLOG = 4096;
/** Turns of the event loop that a closing listener waits at most for a quiet one. */
const QUIET_LOOKS = 100;

/** What a listener needs of its worker beyond the common. `data-plane.ts` is it. */
export interface ListenerOwner extends WorkerContext {
  /** Whether other workers listen on the same ports. */
  readonly sharesPorts: boolean;
  compileRoute(index: number): RouteRuntime;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}

export class Listener implements ListenerContext {
  readonly worker: ListenerOwner;
  plan: ListenerPlan;
  readonly slot: number;
  forwarding: ForwardingRules;
  router!: Router;
  readonly connections = new Set<Http1Connection>();
  private routes: (RouteRuntime | null)[] = [];
  private server: Server | null = null;
  private lastAuthority = '';
  private lastHost: string | null = '';
  private isDraining = false;
  /** Connections that came before the plan was in force; null once it is. */
  private early: Socket[] | null = [];
  private accepted = 0;

  constructor(worker: ListenerOwner, plan: ListenerPlan, slot: number) {
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.forwarding = new ForwardingRules(plan.forwarding);
  }

  /** Takes over what a changed plan says; connections stay. */
  update(plan: ListenerPlan): void {
    if (!isDeepStrictEqual(plan.forwarding, this.plan.forwarding)) this.forwarding = new ForwardingRules(plan.forwarding);
    this.plan = plan;
  }

  /** Compiles the routes that hold here. */
  setRoutes(): void {
    const { plan } = this.worker;
    this.router = new Router(plan.routes, { listener: this.plan.name, compileRegex: compileLinearRegex });
    this.routes = new Array<RouteRuntime | null>(plan.routes.length).fill(null);
  }

  /** Opens the address; who connects waits for `serve`. Rejects with the system's error when it is taken. */
  async start(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, highWaterMark: 64 * 1024 }, (socket) =>
      this.accept(socket),
    );
    this.server = server;
    const { address } = this.plan;
    const where =
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port, reusePort: this.worker.sharesPorts };
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.worker.event('error', 'listener failed', { listener: this.plan.name, reason: error.message }));
  }

  /** The plan is in force: connections are served from now on. */
  serve(): void {
    const early = this.early ?? [];
    this.early = null;
    for (const socket of early) if (!socket.destroyed) this.accept(socket);
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

  /** Stops accepting; each connection's next reply says that it is the last. */
  drain(): void {
    this.isDraining = true;
    this.stopAccepting(QUIET_LOOKS);
    for (const connection of this.connections) connection.announceClose();
  }

  /** Ends what is left. @returns How many exchanges were cut. */
  close(): number {
    this.server?.close();
    this.server = null;
    for (const socket of this.early ?? []) socket.destroy();
    let cut = 0;
    for (const connection of this.connections) {
      if (!connection.isIdle) cut++;
      connection.cut('drain');
    }
    return cut;
  }

  /** Connections without an exchange: at the end of a drain they are closed, not cut. */
  closeIdle(): void {
    for (const connection of this.connections) if (connection.isIdle) connection.cut('drain');
  }

  private readonly onClosed = (connection: Http1Connection, reason: CloseReason): void => {
    if (!this.connections.delete(connection)) return;
    this.worker.sweeper.remove(connection);
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (this.isDraining && this.connections.size === 0) this.worker.onListenerEmpty();
  };

  /**
   * Closes the listening socket at a moment when nothing waits in its queue: what waits there is reset by the kernel. A look at the end of a turn comes
   * right after everything that waited was accepted; when that was nothing, the queue is as empty as it can be seen to be.
   * (`net.ipv4.tcp_migrate_req=1` lets the kernel hand even the rest to another worker.)
   */
  private stopAccepting(looks: number): void {
    const before = this.accepted;
    setImmediate(() => {
      if (this.accepted !== before && looks > 0) return this.stopAccepting(looks - 1);
      this.server?.close();
      this.server = null;
    });
  }

  private accept(socket: Socket): void {
    if (this.early !== null) {
      this.early.push(socket);
      socket.on('error', () => socket.destroy());
      return;
    }
    this.accepted++;
    if (this.connections.size >= this.plan.connectionsMax) {
      this.worker.metrics.connectionRefused(this.slot);
      socket.destroy();
      return;
    }
    const connection = new Http1Connection(this, socket, this.onClosed);
    this.connections.add(connection);
    this.worker.sweeper.add(connection);
    this.worker.metrics.connectionOpened(this.slot);
    if (this.isDraining) connection.announceClose();
  }
}
