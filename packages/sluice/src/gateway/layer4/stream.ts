/**
 * One relayed connection: bytes from a client to an endpoint and back, unread. The endpoint is connected to at once, since some protocols let the server speak
 * first; until that has worked the client's bytes are held, at most some 64 KiB, so that another endpoint can be tried and nothing is lost.
 * An end is passed on as an end, a reset as a reset, and a side that cannot take more stops the other.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { alertForFault, fatalAlert } from '../../core/tls/alert.ts';
import type { ClientHello } from '../../core/tls/client-hello.ts';
import type { ClientHelloFault } from '../../core/tls/hello-fault.ts';
import type { EndpointPlan, StreamListenerPlan } from '../../config/plan.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { unmapped } from '../address-list.ts';
import type { Arrival, ClientConnection } from '../listeners/arrival.ts';
import { resetSocket } from '../reset-socket.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';
import { Call, type CallService } from './call.ts';
import { EndpointLink, isExhaustion, type LinkOwner } from './endpoint-link.ts';
import { awaitHello, type HelloOwner } from './hello-wait.ts';
import { writePromptly } from './prompt-write.ts';
import { proxyHeader, type SeenTls } from './proxy-header.ts';

/** Whose connection it is. `stream-listener.ts` is it. */
export interface StreamOwner {
  readonly worker: WorkerContext;
  readonly plan: StreamListenerPlan;
  /** Finds it a service, or refuses it. */
  route(stream: Stream): void;
  ended(stream: Stream, reason: CloseReason): void;
}

/** Of the client's bytes while no endpoint has taken the connection; the rest stays where it is. */
const EARLY_BYTES_MAX = 64 * 1024;
/** Linux looks after a silent peer when two hours have passed: only where silence is allowed for longer does it matter. */
const KEEP_ALIVE_AFTER_MS = 7_200_000;
const NOTHING_SEEN: SeenTls = { serverName: '', alpn: '' };

export class Stream extends Call implements ClientConnection, LinkOwner, HelloOwner {
  deadline = Infinity;
  sweepIndex = -1;
  /** What cannot be told apart from work: nobody knows whether a silent connection is done. */
  readonly isIdle = false;
  readonly arrival: Arrival;
  /** Has a place among those of its address. */
  readonly isCountedBySource: boolean;
  /** What the client has said and no endpoint has got: at most EARLY_BYTES_MAX and one read. */
  private early: Buffer[] | null = null;
  private earlyBytes = 0;
  /** What was seen of the client's TLS; empty texts when there is none, or nobody looked. */
  seen: SeenTls = NOTHING_SEEN;
  private readonly owner: StreamOwner;
  private readonly client: Socket;
  private upstream: EndpointLink | null = null;
  private isOpen = false;
  private isSettled = false;
  private hasClientEnded = false;
  private hasUpstreamEnded = false;
  private dialledAt = 0 as Instant;
  private address: string | null = null;

  constructor(owner: StreamOwner, arrival: Arrival, isCountedBySource: boolean) {
    super(owner.worker.clock.now());
    this.owner = owner;
    this.arrival = arrival;
    this.isCountedBySource = isCountedBySource;
    this.client = arrival.socket;
    if (arrival.tls !== null) this.seen = arrival.tls;
    if (owner.worker.plan.accessLog !== null || owner.worker.viewers !== null) this.address = this.clientAddress; // at the end nobody knows it any more
    if (owner.plan.timeouts.idleMs > KEEP_ALIVE_AFTER_MS) arrival.transport.setKeepAlive(true);
    this.client.on('error', () => this.finish('client-gone', 'error'));
    this.client.on('end', () => this.onClientEnd());
    this.client.on('close', () => this.onClosed());
  }

  get clientAddress(): string {
    return (this.address ??= unmapped(this.arrival.address ?? ''));
  }

  get heldBytes(): number {
    return this.earlyBytes;
  }

  start(): void {
    if (!this.owner.plan.readsServerName) return this.begin();
    this.deadline = this.startedAt + this.owner.plan.timeouts.handshakeMs;
    awaitHello(this.client, this);
  }

  onHello(hello: ClientHello, early: readonly Buffer[]): void {
    if (this.isOver) return;
    this.deadline = Infinity;
    for (const chunk of early) this.hold(chunk);
    this.seen = { serverName: hello.serverName ?? '', alpn: hello.alpn[0] ?? '' };
    this.begin();
  }

  onNoHello(fault: ClientHelloFault): void {
    const alert = alertForFault(fault);
    if (alert !== null) this.client.write(fatalAlert(alert));
    this.finish('client-error', 'error');
  }

  /** It asks for a name that nobody here serves. */
  refuseName(): void {
    if (this.owner.plan.readsServerName) this.client.write(fatalAlert('unrecognized_name'));
    this.finish('client-error', 'error');
  }

  serve(service: CallService): void {
    this.service = service;
    // The clock costs as much as a small system call: without a hello to wait for no time has passed.
    service.begin(this, this.early === null ? this.startedAt : this.owner.worker.clock.now());
  }

  /** Whether its endpoint has left, or its drain is over. */
  isOut(): boolean {
    return this.isCounted && !this.service!.isStaying(this.endpoint);
  }

  // ---- finding an endpoint

  open(endpoint: EndpointPlan, now: Instant): void {
    this.dialledAt = now;
    const { plan } = this.service!;
    this.deadline = now + plan.pool.connectTimeoutMs;
    this.upstream = new EndpointLink(this, {
      target: endpoint.target,
      tls: this.service!.tlsTo(this.endpoint),
      resolver: this.owner.worker.resolver,
      preface: plan.proxyProtocol === null ? null : proxyHeader(plan.proxyProtocol, this.arrival, this.seen),
    });
  }

  refuse(outcome: AccessOutcome): void {
    this.finish(outcome, outcome === 'drain' ? 'drain' : 'error');
  }

  onConnected(): void {
    const { worker } = this.owner;
    this.connectMs = worker.clock.now() - this.dialledAt;
    this.isOpen = true;
    this.touch();
    const { early } = this;
    this.early = null;
    if (early !== null) this.forwardEarly(early);
    if (this.hasClientEnded) this.onClientEnd();
  }

  // ---- bytes

  /** @returns Whether the bytes' memory is still needed. */
  onEndpointBytes(bytes: Buffer): boolean {
    const { client } = this;
    if (!this.isSettled) this.settle();
    this.bytesOut += bytes.length;
    this.touch();
    if (!client.writable) return false;
    if (!writePromptly(client, bytes, this.bytesOut === bytes.length)) this.upstream!.pause();
    return client.writableLength > 0;
  }

  onEndpointDrain(): void {
    this.touch();
    this.client.resume();
  }

  // ---- ends

  onEndpointEnd(): void {
    this.hasUpstreamEnded = true;
    if (!this.isSettled) this.settle();
    if (this.hasClientEnded && this.isFlushed()) return this.finish('complete', 'normal');
    this.client.end();
    this.touch();
  }

  onEndpointError(error: NodeJS.ErrnoException): void {
    if (!this.isOpen) return isExhaustion(error) ? this.exhausted() : this.failed(FAILURES.connect);
    if (this.isSettled || this.bytesIn > 0) return this.finish('upstream-reset', 'error');
    // It took the connection and threw it away before anybody had said a word: that was not the client's doing.
    this.isSettled = true;
    this.service!.spoiled(this);
    this.finish('upstream-reset', 'error');
  }

  onDeadline(): void {
    if (this.isOpen) return this.finish('timeout-idle', 'timeout');
    this.deadline = Infinity;
    if (this.service === null) return this.finish('timeout-header', 'timeout');
    if (this.upstream !== null) this.failed(FAILURES.connectTimeout);
  }

  /** It goes on as if nothing had happened: nobody but its protocol knows how to say goodbye. */
  announceClose(): void {}

  dismiss(): void {
    this.finish('drain', 'drain');
  }

  cut(reason: CloseReason): void {
    this.finish(reason === 'timeout' ? 'timeout-idle' : 'drain', reason);
  }

  /** Reads the client from now on: what it says before there is an endpoint is held. */
  private begin(): void {
    const { client } = this;
    client.on('data', (chunk: Buffer) => (this.isOpen ? this.onClientBytes(chunk) : this.hold(chunk)));
    client.on('drain', () => {
      this.touch();
      this.upstream?.resume();
    });
    this.owner.route(this);
    if (!this.isOver && !this.isOpen && this.earlyBytes < EARLY_BYTES_MAX) client.resume();
  }

  private hold(chunk: Buffer): void {
    (this.early ??= []).push(chunk);
    this.earlyBytes += chunk.length;
    this.parked?.grew(chunk.length);
    if (this.earlyBytes >= EARLY_BYTES_MAX) this.client.pause();
  }

  private forwardEarly(early: readonly Buffer[]): void {
    if (this.earlyBytes >= EARLY_BYTES_MAX) this.client.resume();
    for (const chunk of early) this.onClientBytes(chunk);
  }

  private onClientBytes(chunk: Buffer): void {
    this.bytesIn += chunk.length;
    this.touch();
    if (!this.upstream!.write(chunk)) this.client.pause();
    this.owner.worker.noteUpload(chunk.length);
  }

  private onClientEnd(): void {
    this.hasClientEnded = true;
    if (this.service === null) return this.finish('client-gone', 'error'); // before it said where to
    if (!this.isOpen) return;
    if (this.hasUpstreamEnded && this.isFlushed()) return this.finish('complete', 'normal');
    this.upstream!.end();
    this.touch();
  }

  /** One side has closed: by itself, or because both had ended and all was sent. */
  onClosed(): void {
    if (this.isOver) return;
    if (!this.hasClientEnded || !this.hasUpstreamEnded) {
      return this.finish(this.client.destroyed ? 'client-gone' : 'upstream-reset', 'error');
    }
    if (this.client.destroyed && this.upstream!.isClosed) this.finish('complete', 'normal');
  }

  /** Everything was handed to the system, and closing says the rest. Behind TLS it would leave the closing alert out. */
  private isFlushed(): boolean {
    const isPlain = this.arrival.tls === null && !this.upstream!.isTls;
    return isPlain && this.client.writableLength === 0 && this.upstream!.isFlushed;
  }

  private touch(): void {
    const { worker, plan } = this.owner;
    const { idleMs, halfClosedMs } = plan.timeouts;
    this.deadline = worker.coarseNow + (this.hasClientEnded || this.hasUpstreamEnded ? halfClosedMs : idleMs);
  }

  /** The endpoint answers: that is what a service is judged by. */
  private settle(): void {
    this.isSettled = true;
    this.service!.served(this);
  }

  private exhausted(): void {
    this.deadline = Infinity;
    this.service!.exhausted(this);
  }

  private failed(failure: UpstreamFailure): void {
    this.upstream!.destroy(true);
    this.upstream = null;
    this.deadline = Infinity;
    this.service!.failed(this, failure, this.owner.worker.clock.now() - this.dialledAt);
  }

  private finish(outcome: AccessOutcome, reason: CloseReason): void {
    if (this.isOver) return;
    this.isOver = true;
    this.outcome = outcome;
    if (this.isOpen && !this.isSettled && outcome !== 'upstream-reset') this.settle();
    this.service?.ended(this);
    // A plain close would let either side take half for the whole.
    const isCut = outcome !== 'complete' && outcome !== 'timeout-idle';
    if (outcome === 'client-error') this.client.destroySoon(); // it may have been told why
    else if (isCut) resetSocket(this.client, this.arrival.transport);
    else this.client.destroy();
    this.upstream?.destroy(isCut);
    this.owner.ended(this, reason);
  }
}
