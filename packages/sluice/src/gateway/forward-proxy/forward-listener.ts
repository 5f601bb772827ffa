/** A forward proxy's listener in one worker: who may connect, by which rules, and what is told of it. */
import { isDeepStrictEqual } from 'node:util';
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import type { ForwardProxyListenerPlan, ListenerPlan } from '../../config/plan.ts';
import { type AddressSource, AddressLookup } from '../../io/address-lookup.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { unmapped } from '../address-list.ts';
import { Acceptor } from '../listeners/acceptor.ts';
import type { Arrival, ClientConnection } from '../listeners/arrival.ts';
import { Entry, type EntryOwner } from '../listeners/entry.ts';
import { SourceCounts } from '../source-counts.ts';
import { type Sweepable, Sweeper } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { ProxyConnectionOwner } from './proxy-client.ts';
import { ProxyConnection } from './proxy-connection.ts';
import { countRequestBytes, denialOf, finishRequest, type ProxyRequest } from './proxy-request.ts';
import { ProxyRules } from './proxy-rules.ts';

/** How often the metrics hear of the bytes of tunnels that last. */
const COUNT_EVERY_MS = 1_000;
/** Who is refused tries again: one event in this time is enough. */
const EVENT_EVERY_MS = 60_000;

/** What it needs of its worker beyond the common. `data-plane.ts` is it. */
export interface ForwardListenerOwner extends WorkerContext {
  readonly sharesPorts: boolean;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}

export class ForwardListener implements ProxyConnectionOwner, EntryOwner, Sweepable {
  readonly worker: ForwardListenerOwner;
  plan: ForwardProxyListenerPlan;
  readonly slot: number;
  rules: ProxyRules;
  /** Looked after at each sweep. */
  readonly deadline = 0;
  sweepIndex = -1;
  private readonly connections = new Sweeper<ClientConnection>();
  private readonly sources = new SourceCounts();
  private readonly lookup: AddressLookup;
  private readonly acceptor: Acceptor;
  private readonly entry: Entry;
  private countAt = 0;
  private eventAt = -Infinity;
  /** Refused since the last event. */
  private refused = 0;
  private isDraining = false;

  /** @param names Whom names are asked of; the system's resolver where it is left out. */
  constructor(worker: ForwardListenerOwner, plan: ForwardProxyListenerPlan, slot: number, names?: AddressSource) {
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.lookup = new AddressLookup(names);
    this.rules = new ProxyRules(plan, worker.plan, worker, this.lookup);
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

  async start(): Promise<void> {
    await this.acceptor.start();
    this.worker.sweeper.add(this);
  }

  serve(): void {
    this.acceptor.serve();
  }

  /** Requests and tunnels under way keep the rules that let them in. */
  update(plan: ListenerPlan): void {
    if (plan.kind !== 'forward') return;
    const areRulesSame = isDeepStrictEqual(plan.rules, this.plan.rules) && isDeepStrictEqual(plan.timeouts, this.plan.timeouts);
    this.plan = plan;
    this.entry.update(plan);
    if (areRulesSame) return this.rules.setOwn(this.worker.plan);
    this.compile();
    this.dismiss();
  }

  /** It has none; where the program listens is known now. */
  setRoutes(): void {
    this.rules.setOwn(this.worker.plan);
  }

  drain(): void {
    this.isDraining = true;
    this.acceptor.stop();
    for (const connection of this.connections.all()) connection.announceClose();
  }

  closeIdle(): void {
    for (const connection of this.connections.all()) if (connection.isIdle) connection.cut('drain');
  }

  close(): number {
    this.acceptor.close();
    this.worker.sweeper.remove(this);
    let cut = 0;
    for (const connection of this.connections.all()) {
      if (!connection.isIdle) cut++;
      connection.cut('drain');
    }
    return cut;
  }

  onDeadline(now: Instant): void {
    this.connections.sweep(now);
    if (now < this.countAt) return;
    this.countAt = now + COUNT_EVERY_MS;
    for (const connection of this.connections.all()) {
      if (connection instanceof ProxyConnection && connection.request !== null)
        countRequestBytes(this.worker, this.slot, connection.request);
    }
  }

  onRequest(): void {
    this.worker.metrics.exchangeStarted(this.slot, -1, -1);
  }

  onRequestEnd(request: ProxyRequest): void {
    finishRequest(this.worker, this.slot, request);
    const denial = denialOf(request.outcome);
    if (denial !== null) this.tell(denial, request.client, request.destination);
  }

  onEntering(connection: ClientConnection, before: ClientConnection | null): void {
    this.put(connection, before);
  }

  /** Who is there is known. */
  onArrival(arrival: Arrival, before: ClientConnection | null): void {
    const address = addressOf(arrival);
    const perSourceMax = this.plan.connectionsPerSourceMax;
    const isTaken = this.rules.takesClient(address);
    if (!isTaken) {
      this.worker.metrics.denied(this.slot, 'client');
      this.tell('client', address ?? '', '');
    }
    if (!isTaken || (perSourceMax > 0 && !this.sources.take(address ?? '', perSourceMax))) {
      this.worker.metrics.connectionRefused(this.slot);
      arrival.transport.destroy();
      if (before !== null) this.onClosed(before, 'error');
      return;
    }
    this.put(new ProxyConnection(this, arrival, perSourceMax > 0), before);
  }

  onClosed(connection: ClientConnection, reason: CloseReason): void {
    if (!this.connections.remove(connection)) return;
    if (connection instanceof ProxyConnection && connection.isCountedBySource) this.sources.give(connection.address);
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (this.isDraining && this.connections.size === 0) this.worker.onListenerEmpty();
  }

  /** Who may not come any more has no request after the one under way. */
  private dismiss(): void {
    for (const connection of this.connections.all()) {
      if (!(connection instanceof ProxyConnection) || this.rules.takesClient(addressOf(connection.arrival))) continue;
      connection.announceClose();
      if (connection.isIdle) connection.cut('drain');
    }
  }

  private compile(): void {
    this.rules.close();
    this.rules = new ProxyRules(this.plan, this.worker.plan, this.worker, this.lookup);
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
    if (this.isDraining) connection.announceClose();
  }

  private tell(reason: string, client: string, destination: string): void {
    this.refused++;
    const now = this.worker.clock.now();
    if (now < this.eventAt) return;
    this.eventAt = now + EVENT_EVERY_MS;
    const count = this.refused;
    this.refused = 0;
    this.worker.event('warn', 'forward-proxy-denied', { listener: this.plan.name, reason, client, destination, count });
  }
}

/** Undefined on a unix socket. */
function addressOf({ address }: Arrival): string | undefined {
  return address === undefined ? undefined : unmapped(address);
}
