/** A listener for connections that are passed on unread, in one worker: who may come, where they go, and what of them ends when. */
import { isDeepStrictEqual } from 'node:util';
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import type { ListenerPlan, StreamListenerPlan } from '../../config/plan.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { Acceptor } from '../listeners/acceptor.ts';
import type { Arrival, ClientConnection } from '../listeners/arrival.ts';
import { Entry, type EntryOwner } from '../listeners/entry.ts';
import { type Sweepable, Sweeper } from '../sweeper.ts';
import { countBytes, finishCall } from './call-report.ts';
import type { Layer4Owner } from './layer4-owner.ts';
import { SourceCounts } from '../source-counts.ts';
import { Stream, type StreamOwner } from './stream.ts';
import { TargetTable } from './target-table.ts';

/** How often the metrics hear of the bytes of connections that last. */
const COUNT_EVERY_MS = 1_000;

export class StreamListener implements StreamOwner, EntryOwner, Sweepable {
  readonly worker: Layer4Owner;
  plan: StreamListenerPlan;
  readonly slot: number;
  /** Looked after at each sweep. */
  readonly deadline = 0;
  sweepIndex = -1;
  private targets!: TargetTable;
  /** On their way in, and relayed. */
  private readonly entering = new Sweeper<ClientConnection>();
  private readonly streams = new Sweeper<Stream>();
  private readonly sources = new SourceCounts();
  private readonly acceptor: Acceptor;
  private readonly entry: Entry;
  private countAt = 0;
  private isDraining = false;

  constructor(worker: Layer4Owner, plan: StreamListenerPlan, slot: number) {
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.entry = new Entry(this, plan);
    this.acceptor = new Acceptor({
      address: plan.address,
      sharesPort: worker.sharesPorts,
      isTuned: false,
      onSocket: (socket) => this.accept(socket),
      onError: (error) => worker.event('error', 'listener failed', { listener: plan.name, reason: error.message }),
    });
  }

  /** As the access log says it. */
  private get protocol(): 'TCP' | 'TLS' {
    return this.plan.tls !== null || this.plan.readsServerName ? 'TLS' : 'TCP';
  }

  get size(): number {
    return this.entering.size + this.streams.size;
  }

  async start(): Promise<void> {
    await this.acceptor.start();
    this.worker.sweeper.add(this);
  }

  serve(): void {
    this.acceptor.serve();
  }

  update(plan: ListenerPlan): void {
    if (plan.kind !== 'stream') return;
    const areTargetsSame = isDeepStrictEqual(plan.targets, this.plan.targets);
    this.plan = plan;
    this.entry.update(plan);
    if (!areTargetsSame) this.setRoutes();
  }

  /** Connections that there are stay where they are. */
  setRoutes(): void {
    this.targets = new TargetTable(this.plan.targets, (name) => this.worker.service(name), this.targets ?? null);
  }

  drain(): void {
    this.isDraining = true;
    this.acceptor.stop();
  }

  /** No relayed connection is known to be idle. */
  closeIdle(): void {
    for (const connection of this.entering.all()) connection.cut('drain');
  }

  close(): number {
    this.acceptor.close();
    this.worker.sweeper.remove(this);
    const cut = this.streams.size;
    this.closeIdle();
    for (const stream of this.streams.all()) stream.cut('drain');
    return cut;
  }

  onDeadline(now: Instant): void {
    this.entering.sweep(now);
    this.streams.sweep(now);
    const isChanged = this.targets.expire(now);
    const isTimeToCount = now >= this.countAt;
    if (isTimeToCount) this.countAt = now + COUNT_EVERY_MS;
    if (!isChanged && !isTimeToCount) return;
    for (const stream of this.streams.all()) {
      if (isTimeToCount) countBytes(this.worker, this.slot, stream);
      if (isChanged && stream.isOut()) stream.dismiss();
    }
  }

  route(stream: Stream): void {
    const { serverName } = stream.seen;
    const service = this.targets.find(serverName === '' ? null : serverName, this.worker.random);
    if (service === null) return stream.refuseName();
    this.worker.metrics.exchangeStarted(this.slot, -1, service.slot);
    stream.serve(service);
  }

  ended(stream: Stream, reason: CloseReason): void {
    this.streams.remove(stream);
    if (stream.isCountedBySource) this.sources.give(stream.clientAddress);
    if (stream.service === null) this.worker.metrics.exchangeStarted(this.slot, -1, -1);
    finishCall(this.worker, { listenerSlot: this.slot, protocol: this.protocol, serverName: stream.seen.serverName }, stream);
    this.leave(reason);
  }

  onEntering(connection: ClientConnection, before: ClientConnection | null): void {
    this.replace(before);
    this.entering.add(connection);
  }

  /** Who is there is known. */
  onArrival(arrival: Arrival, before: ClientConnection | null): void {
    const perSourceMax = this.plan.connectionsPerSourceMax;
    if (perSourceMax > 0 && !this.sources.take(arrival.address ?? '', perSourceMax)) {
      this.worker.metrics.connectionRefused(this.slot);
      arrival.transport.destroy();
      if (before !== null) this.onClosed(before, 'error');
      return;
    }
    this.replace(before);
    const stream = new Stream(this, arrival, perSourceMax > 0);
    this.streams.add(stream);
    stream.start();
  }

  /** One is gone before it was in. */
  onClosed(connection: ClientConnection, reason: CloseReason): void {
    if (this.entering.remove(connection)) this.leave(reason);
  }

  /** @param before In whose place another comes; null: it was accepted just now. */
  private replace(before: ClientConnection | null): void {
    if (before === null) this.worker.metrics.connectionOpened(this.slot);
    else this.entering.remove(before);
  }

  private leave(reason: CloseReason): void {
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (this.isDraining && this.size === 0) this.worker.onListenerEmpty();
  }

  private accept(socket: Socket): void {
    if (this.size < this.plan.connectionsMax && this.entry.admit(socket)) return;
    this.worker.metrics.connectionRefused(this.slot);
    socket.destroy();
  }
}
