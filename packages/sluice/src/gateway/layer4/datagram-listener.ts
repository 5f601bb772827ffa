/**
 * A UDP listener in one worker: whose datagrams are whose. A session begins with a client's first datagram and ends after silence, after `answersMax` answers, or when its
 * endpoint is out of use; the next datagram then begins another.
 */
import type { RemoteInfo } from 'node:dgram';
import { isDeepStrictEqual } from 'node:util';
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import type { DatagramListenerPlan, ListenerPlan } from '../../config/plan.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import type { Sweepable } from '../sweeper.ts';
import { countBytes, finishCall } from './call-report.ts';
import { DatagramSession, type SessionOwner } from './datagram-session.ts';
import { type AnswerSocket, DatagramSockets } from './datagram-sockets.ts';
import type { Layer4Owner } from './layer4-owner.ts';
import { SourceCounts } from '../source-counts.ts';
import { TargetTable } from './target-table.ts';

/** How often the metrics hear of the bytes of sessions that last, and addresses that came or went are looked for. */
const LOOK_EVERY_MS = 1_000;

export class DatagramListener implements SessionOwner, Sweepable {
  readonly worker: Layer4Owner;
  plan: DatagramListenerPlan;
  readonly slot: number;
  /** Looked after at each sweep. */
  readonly deadline = 0;
  sweepIndex = -1;
  private targets!: TargetTable;
  private readonly sessions = new Map<string, DatagramSession>();
  private readonly sources = new SourceCounts();
  private readonly sockets: DatagramSockets;
  private lookAt = 0;
  private isServing = false;
  private isDraining = false;

  constructor(worker: Layer4Owner, plan: DatagramListenerPlan, slot: number) {
    const { address } = plan;
    assert(address.kind === 'tcp', 'a datagram listener has an address and a port');
    this.worker = worker;
    this.plan = plan;
    this.slot = slot;
    this.sockets = new DatagramSockets({
      host: address.host,
      port: address.port,
      sharesPort: worker.sharesPorts,
      onDatagram: (socket, bytes, from) => this.onDatagram(socket, bytes, from),
      onError: (error) => worker.event('error', 'listener failed', { listener: plan.name, reason: error.message }),
    });
  }

  get size(): number {
    return this.sessions.size;
  }

  async start(): Promise<void> {
    await this.sockets.start();
    this.worker.sweeper.add(this);
  }

  serve(): void {
    this.isServing = true;
  }

  update(plan: ListenerPlan): void {
    if (plan.kind !== 'datagram') return;
    const areTargetsSame = isDeepStrictEqual(plan.targets, this.plan.targets);
    this.plan = plan;
    if (!areTargetsSame) this.setRoutes();
  }

  /** Sessions that there are stay where they are. */
  setRoutes(): void {
    this.targets = new TargetTable(this.plan.targets, (name) => this.worker.service(name), this.targets ?? null);
  }

  /** Takes no new clients; answers still need the sockets. */
  drain(): void {
    this.isDraining = true;
    if (this.sessions.size === 0) this.sockets.close();
  }

  closeIdle(): void {
    for (const session of this.sessions.values()) if (session.isIdle) session.cut();
  }

  close(): number {
    this.worker.sweeper.remove(this);
    let cut = 0;
    for (const session of this.sessions.values()) {
      if (!session.isIdle) cut++;
      session.cut();
    }
    this.sockets.close();
    return cut;
  }

  onDeadline(now: Instant): void {
    const isChanged = this.targets.expire(now);
    const isTimeToLook = now >= this.lookAt;
    if (isTimeToLook) {
      this.lookAt = now + LOOK_EVERY_MS;
      void this.sockets.refresh();
    }
    if (!isChanged && !isTimeToLook) return;
    for (const session of this.sessions.values()) {
      if (isTimeToLook) {
        countBytes(this.worker, this.slot, session);
        session.forget(now);
      }
      if (isChanged && session.isCounted && !session.service!.isUsable(session.endpoint)) session.dismiss();
    }
  }

  ended(session: DatagramSession, reason: CloseReason): void {
    this.sessions.delete(session.key);
    this.worker.sweeper.remove(session);
    this.sources.give(session.clientAddress);
    finishCall(this.worker, { listenerSlot: this.slot, protocol: 'UDP', serverName: '' }, session);
    this.worker.metrics.connectionClosed(this.slot, reason);
    if (!this.isDraining || this.sessions.size > 0) return;
    this.sockets.close();
    this.worker.onListenerEmpty();
  }

  private onDatagram(socket: AnswerSocket, bytes: Buffer, from: RemoteInfo): void {
    const key = `${socket.id} ${from.port} ${from.address}`;
    const session = this.sessions.get(key);
    const isTaken = session === undefined ? this.begin(key, socket, bytes, from) : session.push(bytes);
    this.worker.metrics.datagrams(this.slot, 1, 0, isTaken ? 0 : 1);
  }

  private begin(key: string, socket: AnswerSocket, bytes: Buffer, from: RemoteInfo): boolean {
    if (!this.isServing || this.isDraining) return false;
    const { plan, worker } = this;
    if (this.sessions.size >= plan.sessionsMax || !this.sources.take(from.address, plan.sessionsPerSourceMax)) {
      worker.metrics.connectionRefused(this.slot);
      return false;
    }
    const service = this.targets.find(null, worker.random)!;
    worker.metrics.connectionOpened(this.slot);
    worker.metrics.exchangeStarted(this.slot, -1, service.slot);
    const session = new DatagramSession(this, key, socket, from);
    this.sessions.set(key, session);
    worker.sweeper.add(session);
    session.push(bytes);
    session.serve(service);
    return true;
  }
}
