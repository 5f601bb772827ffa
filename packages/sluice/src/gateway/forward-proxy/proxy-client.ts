/** A client of a forward proxy between its requests: what has come and waits, how long the next request may take, and how its connection ends. `proxy-connection.ts` is what it does within them. */
import type { Instant } from '../../base/time.ts';
import type { ForwardProxyListenerPlan } from '../../config/plan.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { unmapped } from '../address-list.ts';
import type { Arrival, ClientConnection, ConnectionOwner } from '../listeners/arrival.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ClientSocket } from './client-socket.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';

/** After the last reply, what the client still sends is read away for this long, so that no reset overtakes the reply (RFC 9112 §9.6). */
const LINGER_MS = 1_000;

/** Whose connection it is. `forward-listener.ts` is it. */
export interface ProxyConnectionOwner extends ConnectionOwner {
  readonly worker: WorkerContext;
  readonly plan: ForwardProxyListenerPlan;
  readonly rules: ProxyRules;
  onRequest(): void;
  /** Once for each `onRequest`. */
  onRequestEnd(request: ProxyRequest): void;
}

export abstract class ProxyClient implements ClientConnection {
  readonly worker: WorkerContext;
  readonly arrival: Arrival;
  /** Has a place among those of its address. */
  readonly isCountedBySource: boolean;
  readonly address: string;
  deadline: number;
  sweepIndex = -1;
  /** The current reply, or the next one, says that it is the last. */
  isClosing = false;
  request: ProxyRequest | null = null;
  protected readonly owner: ProxyConnectionOwner;
  protected readonly client: ClientSocket;
  /** Bytes that wait: a head that is not whole, content or a tunnel's bytes before their time, a pipelined request. */
  protected pending: Buffer | null = null;
  protected isLingering = false;
  protected isGone = false;
  protected isHeadDeadlineSet = false;
  protected closeReason: CloseReason = 'normal';

  constructor(owner: ProxyConnectionOwner, arrival: Arrival, isCountedBySource: boolean) {
    this.owner = owner;
    this.worker = owner.worker;
    this.arrival = arrival;
    this.isCountedBySource = isCountedBySource;
    this.address = unmapped(arrival.address ?? '');
    this.client = new ClientSocket(arrival);
    this.deadline = this.worker.clock.now() + owner.plan.timeouts.headerMs;
  }

  get isIdle(): boolean {
    return this.request === null && this.pending === null && this.client.isFlushed;
  }

  announceClose(): void {
    this.isClosing = true;
    this.closeReason = 'drain';
  }

  pauseClient(): void {
    this.client.pause();
  }

  resumeClient(): void {
    this.client.resume();
  }

  abstract onDeadline(now: Instant): void;

  abstract cut(reason: CloseReason): void;

  /** What has come meanwhile may be looked at. */
  abstract onOpen(): void;

  /** A request is over. */
  protected next(): void {
    if (this.isGone) return;
    if (this.isClosing) return this.finish();
    this.isHeadDeadlineSet = false;
    this.awaitNext();
  }

  protected awaitNext(): void {
    const { timeouts } = this.owner.plan;
    if (!this.client.hasRoom) {
      // Who does not take replies gets no more of them: they would pile up in memory.
      this.deadline = this.worker.coarseNow + timeouts.bodyIdleMs;
      return this.client.pause();
    }
    this.deadline = this.worker.coarseNow + timeouts.keepAliveMs;
    // Not from here: a long pipeline of replies of our own would recurse.
    if (this.pending !== null) this.worker.later(() => this.resume());
    else this.client.resume();
  }

  private resume(): void {
    if (this.request === null && !this.isGone && this.pending !== null) this.onOpen();
  }

  /** Closes our side; the client's last bytes are read away for a moment. */
  protected finish(): void {
    this.pending = null;
    this.isLingering = true;
    const { worker } = this;
    this.deadline = worker.clock.now() + (!this.client.isFlushed ? this.owner.plan.timeouts.bodyIdleMs : LINGER_MS);
    this.client.end(() => (this.deadline = worker.clock.now() + LINGER_MS));
  }

  protected depart(reason: CloseReason): void {
    if (this.isGone) return;
    this.isGone = true;
    this.pending = null;
    this.owner.onClosed(this, this.closeReason === 'normal' ? reason : this.closeReason);
  }
}
