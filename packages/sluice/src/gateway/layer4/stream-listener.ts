/** A listener for connections that are passed on unread, in one worker: who may come, where they go, and what of them ends when. */
import { isDeepStrictEqual } from 'node:util';
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import type { ListenerPlan, StreamListenerPlan } from '../../config/plan.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { Acceptor } from '../listeners/acceptor.ts';
import { type Arrival, plainArrival } from '../listeners/arrival.ts';
import type { ServiceCore } from '../service/service-core.ts';
import type { Sweepable } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';
import { countBytes, finishCall } from './call-report.ts';
import { SourceCounts } from './source-counts.ts';
import { Stream, type StreamOwner } from './stream.ts';
import { TargetTable } from './target-table.ts';

/** What layer 4 needs of its worker beyond the common. `data-plane.ts` is it. */
export interface Layer4Owner extends WorkerContext {
  /** Whether other workers listen on the same ports. */
  readonly sharesPorts: boolean;
  service(name: string): ServiceCore | undefined;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}

/** How often the metrics hear of the bytes of connections that last. */
const COUNT_EVERY_MS = 1_000;

export class StreamListener implements StreamOwner, Sweepable {
  readonly worker: Layer4Owner;
  plan: StreamListenerPlan;
  readonly slot: number;
  /** Looked after at each sweep. */
  readonly deadline = 0;
  sweepIndex = -1;
  private targets!: TargetTable;
  private readonly connections = new Set<Stream>();
  private readonly sources = new SourceCounts();
  private readonly acceptor: Acceptor;
  private countAt = 0;
  private isDraining = false;

  constructor(worker: Layer4Owner, plan: StreamListenerPlan, slot: number) {
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.acceptor = new Acceptor({
      address: plan.address,
      sharesPort: worker.sharesPorts,
      onSocket: (socket) => this.accept(socket),
      onError: (error) => worker.event('error', 'listener failed', { listener: plan.name, reason: error.message }),
    });
  }

  /** As the access log says it. */
  private get protocol(): 'TCP' | 'TLS' {
    return this.plan.tls !== null || this.plan.readsServerName ? 'TLS' : 'TCP';
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

  update(plan: ListenerPlan): void {
    if (plan.kind !== 'stream') return;
    const areTargetsSame = isDeepStrictEqual(plan.targets, this.plan.targets);
    this.plan = plan;
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

  /** None is known to be idle. */
  closeIdle(): void {}

  close(): number {
    this.acceptor.close();
    this.worker.sweeper.remove(this);
    const cut = this.connections.size;
    for (const stream of this.connections) stream.cut('drain');
    return cut;
  }

  onDeadline(now: Instant): void {
    let isChanged = false;
    for (const service of this.targets.services) if (service.expire(now)) isChanged = true;
    const isTimeToCount = now >= this.countAt;
    if (isTimeToCount) this.countAt = now + COUNT_EVERY_MS;
    if (!isChanged && !isTimeToCount) return;
    for (const stream of this.connections) {
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
    this.connections.delete(stream);
    this.worker.sweeper.remove(stream);
    this.sources.give(stream.clientAddress);
    if (stream.service === null) this.worker.metrics.exchangeStarted(this.slot, -1, -1);
    finishCall(this.worker, { listenerSlot: this.slot, protocol: this.protocol, serverName: stream.seen.serverName }, stream);
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (this.isDraining && this.connections.size === 0) this.worker.onListenerEmpty();
  }

  private accept(socket: Socket): void {
    const arrival = plainArrival(socket);
    if (!this.admits(arrival)) {
      this.worker.metrics.connectionRefused(this.slot);
      socket.destroy();
      return;
    }
    this.worker.metrics.connectionOpened(this.slot);
    const stream = new Stream(this, arrival);
    this.connections.add(stream);
    this.worker.sweeper.add(stream);
    stream.start();
  }

  private admits({ address }: Arrival): boolean {
    if (this.connections.size >= this.plan.connectionsMax) return false;
    return this.sources.take(address ?? '', this.plan.connectionsPerSourceMax);
  }
}
