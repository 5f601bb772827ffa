/**
 * The datagrams of one client (address and port) and the answers to them, for as long as they keep coming. The session has a socket of its own towards its
 * endpoint: that is how an answer is known to be for this client, and how the kernel tells us that nobody listens there (ICMP port unreachable).
 * Until the first answer the first datagrams are kept, so that another endpoint can have them. Cost: one file descriptor.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Instant } from '../../base/time.ts';
import type { AddressPlan, DatagramListenerPlan, EndpointPlan } from '../../config/plan.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import type { Sweepable } from '../sweeper.ts';
import { FAILURES } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';
import { Call, type CallService } from './call.ts';
import { isExhaustion } from './endpoint-link.ts';
import { type AnswerSocket, noLookup } from './datagram-sockets.ts';

/** Whose session it is. `datagram-listener.ts` is it. */
export interface SessionOwner {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: DatagramListenerPlan;
  ended(session: DatagramSession, reason: CloseReason): void;
}

/** Kept until the first answer, or for a while: enough for what begins a conversation, or one datagram of any size. */
const KEPT_MAX = 8;
const KEPT_BYTES_MAX = 8 * 1024;
const KEPT_MS = 5_000;
/** Waiting for the network, per session; more are dropped. */
const SEND_QUEUE_BYTES_MAX = 1024 * 1024;

export class DatagramSession extends Call implements Sweepable {
  deadline: number;
  sweepIndex = -1;
  readonly key: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** Datagrams from the client, and answers. */
  received = 0;
  answered = 0;
  private readonly owner: SessionOwner;
  private readonly from: AnswerSocket;
  private upstream: Socket | null = null;
  private isOpen = false;
  private kept: Buffer[] | null = [];
  private keptBytes = 0;
  private openedAt = 0 as Instant;

  constructor(owner: SessionOwner, key: string, from: AnswerSocket, client: { readonly address: string; readonly port: number }) {
    super(owner.worker.clock.now());
    this.clientAddress = client.address;
    this.owner = owner;
    this.key = key;
    this.from = from;
    this.clientPort = client.port;
    this.deadline = this.startedAt + owner.plan.sessionMs;
  }

  /** Nothing that was asked is unanswered, as far as numbers tell. */
  get isIdle(): boolean {
    return this.answered >= this.received;
  }

  /** Whoever sends datagrams sends them again, or does without: none waits, but the first one says that an instance is needed. */
  get heldBytes(): null {
    return null;
  }

  serve(service: CallService): void {
    this.service = service;
    service.begin(this, this.startedAt);
  }

  /** A datagram of the client. @returns False when it was dropped. */
  push(bytes: Buffer): boolean {
    const { worker, plan } = this.owner;
    this.deadline = worker.coarseNow + plan.sessionMs;
    this.received++;
    this.bytesIn += bytes.length;
    const isKept = this.keep(bytes);
    return this.isOpen ? this.forward(bytes) : isKept;
  }

  /** Gives up what was kept for another attempt, when no answer has come for long: there are protocols that have none. */
  forget(now: Instant): void {
    if (this.isOpen && now - this.openedAt > KEPT_MS) this.kept = null;
  }

  open({ target }: EndpointPlan, now: Instant): void {
    this.openedAt = now;
    const { resolver } = this.owner.worker;
    if (target.kind === 'unix') return this.service!.failed(this, FAILURES.connect, 0);
    const family = isIP(target.host);
    if (family !== 0) return this.connect(target, target.host, family);
    const attempt = this.attempts;
    resolver.lookup(target.host, {}, (error, address) => {
      if (this.isOver || attempt !== this.attempts) return;
      if (error !== null || typeof address !== 'string') this.failed();
      else this.connect(target, address, isIP(address));
    });
  }

  refuse(outcome: AccessOutcome): void {
    this.finish(outcome, outcome === 'drain' ? 'drain' : 'error');
  }

  /** The client's next datagram begins anew, elsewhere. */
  dismiss(): void {
    this.finish('drain', 'drain');
  }

  cut(): void {
    this.finish('drain', 'drain');
  }

  onDeadline(): void {
    this.finish('complete', this.answered === 0 ? 'timeout' : 'normal');
  }

  private connect(target: AddressPlan & { readonly kind: 'tcp' }, address: string, family: number): void {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: noLookup });
    this.upstream = socket;
    socket.on('error', (error) => {
      if (this.upstream === socket) this.onUpstreamError(error);
    });
    socket.on('message', (bytes) => {
      if (this.upstream === socket) this.onAnswer(bytes);
    });
    socket.connect(target.port, address, () => {
      if (this.upstream !== socket) return;
      this.isOpen = true;
      for (const bytes of this.kept ?? []) this.forward(bytes);
    });
  }

  private onAnswer(bytes: Buffer): void {
    const { worker, plan } = this.owner;
    if (this.answered === 0) this.settle();
    this.answered++;
    this.bytesOut += bytes.length;
    this.deadline = worker.coarseNow + plan.sessionMs;
    const isSent = this.from.send(bytes, this.clientPort, this.clientAddress);
    worker.metrics.datagrams(this.owner.slot, 0, 1, isSent ? 0 : 1);
    if (plan.answersMax > 0 && this.answered >= plan.answersMax) this.finish('complete', 'normal');
  }

  /** Nobody listens there, or there is no way. One that has answered before has died: its client's next datagram goes elsewhere. */
  private onUpstreamError(error: NodeJS.ErrnoException): void {
    if (isExhaustion(error)) return this.service!.exhausted(this);
    if (this.answered === 0) return this.failed();
    this.service!.spoiled(this);
    this.finish('upstream-reset', 'error');
  }

  private failed(): void {
    this.drop();
    this.service!.failed(this, FAILURES.connect, this.owner.worker.clock.now() - this.openedAt);
  }

  private settle(): void {
    this.kept = null;
    this.connectMs = this.owner.worker.clock.now() - this.openedAt;
    this.service!.served(this);
  }

  private keep(bytes: Buffer): boolean {
    if (this.kept === null || this.kept.length >= KEPT_MAX) return false;
    if (this.kept.length > 0 && this.keptBytes + bytes.length > KEPT_BYTES_MAX) return false;
    this.kept.push(bytes);
    this.keptBytes += bytes.length;
    return true;
  }

  private forward(bytes: Buffer): boolean {
    const upstream = this.upstream!;
    if (upstream.getSendQueueSize() > SEND_QUEUE_BYTES_MAX) return false;
    upstream.send(bytes, this.onSent);
    return true;
  }

  /** Whichever call comes first after an ICMP message is told of it: a receive (`error`) or this. The rest is as lost as any datagram. */
  private readonly onSent = (error: NodeJS.ErrnoException | null): void => {
    if (error?.code === 'ECONNREFUSED' && this.isOpen) this.onUpstreamError(error);
  };

  private drop(): void {
    this.isOpen = false;
    this.upstream?.close();
    this.upstream = null;
  }

  private finish(outcome: AccessOutcome, reason: CloseReason): void {
    if (this.isOver) return;
    this.isOver = true;
    this.outcome = outcome;
    this.service?.ended(this);
    this.drop();
    this.owner.ended(this, reason);
  }
}
