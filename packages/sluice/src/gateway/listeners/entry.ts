/**
 * The way in: an accepted connection, its PROXY protocol header where one must come, its TLS handshake where TLS ends here. What comes out is an `Arrival`; until then
 * the connection counts among its listener's, and can be late.
 */
import type { Socket } from 'node:net';
import type { ProxyProtocolPlan } from '../../config/plan.ts';
import type { TlsPlan } from '../../config/tls-plan.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { TlsEntrance } from '../tls/tls-entrance.ts';
import { PolicyNumbers } from '../tls/tls-policies.ts';
import type { Peer } from '../tls/tls-handshake.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Arrival, ClientConnection, ConnectionOwner, TlsFacts } from './arrival.ts';
import { ProxiedConnection, ProxyRules } from './proxy-entrance.ts';

export interface EntryPlan {
  readonly name: string;
  readonly tls: TlsPlan | null;
  readonly proxyProtocol: ProxyProtocolPlan | null;
}

/** Whose way in it is. A listener is it. */
export interface EntryOwner extends ConnectionOwner {
  readonly worker: WorkerContext;
  /** Row in the metric board. */
  readonly slot: number;
  readonly plan: EntryPlan;
  /** A connection is on its way in, in the place of `before` where there was one. */
  onEntering(connection: ClientConnection, before: ClientConnection | null): void;
  /** It is in. */
  onArrival(arrival: Arrival, before: ClientConnection | null): void;
}

/** Who is there as the socket knows it, which is asked when somebody wants to know: that is a system call, and layer 4 may never need it. */
class SocketPeer implements Peer, Arrival {
  readonly socket: Socket;
  readonly tls = null;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get transport(): Socket {
    return this.socket;
  }

  /** Not known once the connection is closed, unless it was asked before. */
  get address(): string | undefined {
    return this.socket.remoteAddress;
  }

  get port(): number | undefined {
    return this.socket.remotePort;
  }
}

/** A proxy that is set up wrongly sends no header on every connection: one event in this time is enough. */
const EVENT_EVERY_MS = 60_000;

export class Entry {
  private readonly owner: EntryOwner;
  /** Kept also while there is no TLS, since connections that came by it may outlive that. */
  private readonly policies = new PolicyNumbers();
  private tls: TlsEntrance | null;
  private proxy: ProxyRules | null;
  private eventAt = -Infinity;

  constructor(owner: EntryOwner, plan: EntryPlan) {
    this.owner = owner;
    this.tls = this.entranceFor(plan.tls);
    this.proxy = plan.proxyProtocol && new ProxyRules(plan.proxyProtocol);
  }

  /** Another plan. Who is on the way in stays. */
  update({ tls, proxyProtocol }: EntryPlan): void {
    if (tls === null || this.tls === null) this.tls = this.entranceFor(tls);
    else this.tls.update(tls);
    this.proxy = proxyProtocol && new ProxyRules(proxyProtocol);
  }

  /** Lets an accepted connection in; false when it must be refused at once. */
  admit(socket: Socket): boolean {
    const peer = new SocketPeer(socket);
    if (this.proxy === null) return this.pass(peer, null);
    if (!this.proxy.trusts(peer.address)) {
      this.onRefused(peer, 'the connection is not from a trusted address');
      return false;
    }
    const deadline = this.owner.worker.clock.now() + this.proxy.plan.timeoutMs;
    this.owner.onEntering(new ProxiedConnection(this, peer, this.proxy, deadline), null);
    return true;
  }

  /** Whether requests for this host must come by another connection. */
  isMisdirected(host: string, tls: TlsFacts): boolean {
    return this.tls !== null && this.tls.isMisdirected(host, tls);
  }

  onHeader(connection: ProxiedConnection, peer: Peer): void {
    if (!this.pass(peer, connection)) connection.abandon();
  }

  onRefused({ address }: Peer, why: string): void {
    const { worker, plan } = this.owner;
    const now = worker.clock.now();
    if (now < this.eventAt) return;
    this.eventAt = now + EVENT_EVERY_MS;
    worker.event('warn', 'proxy-protocol-refused', { listener: plan.name, peer: address ?? 'unix', reason: why });
  }

  onClosed(connection: ClientConnection, reason: CloseReason): void {
    this.owner.onClosed(connection, reason);
  }

  private entranceFor(tls: TlsPlan | null): TlsEntrance | null {
    return tls && new TlsEntrance(this.owner, tls, this.policies);
  }

  private pass(peer: Peer, before: ClientConnection | null): boolean {
    if (this.tls === null) {
      this.owner.onArrival(peer instanceof SocketPeer ? peer : arrivalOf(peer), before);
      return true;
    }
    peer.socket.setNoDelay(true);
    const handshake = this.tls.begin(peer);
    if (handshake === null) return false;
    this.owner.onEntering(handshake, before);
    return true;
  }
}

function arrivalOf({ socket, address, port }: Peer): Arrival {
  return { socket, transport: socket, address, port, tls: null };
}
