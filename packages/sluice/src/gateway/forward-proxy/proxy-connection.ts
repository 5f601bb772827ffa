/**
 * A client's connection to a forward proxy: heads out of bytes, one request at a time and in order. Each is let in or refused by an `Admission`; what follows belongs to a `ConnectTunnel`, and then
 * the connection with it, or to a `ForwardExchange`, and then the next request may come.
 */
import { MORE, REFUSED } from '../../core/http1/field-section.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import type { Instant } from '../../base/time.ts';
import type { EndpointLink, LinkOwner } from '../layer4/endpoint-link.ts';
import type { Arrival } from '../listeners/arrival.ts';
import { Admission } from './admission.ts';
import { ConnectTunnel } from './connect-tunnel.ts';
import { ForwardExchange } from './forward-exchange.ts';
import { HeadReader } from './head-reader.ts';
import { ownAnswer } from './own-answer.ts';
import { type Reading, readRequest } from './request-reading.ts';
import { ProxyClient, type ProxyConnectionOwner } from './proxy-client.ts';
import { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';
import { type Refusal, REFUSALS } from './refusals.ts';

/** What a client may say while it is not known yet whether it may. */
const EARLY_BYTES_MAX = 64 * 1024;

export class ProxyConnection extends ProxyClient {
  private readonly heads: HeadReader;
  private reading: Reading | null = null;
  private admission: Admission | null = null;
  private exchange: ForwardExchange | null = null;
  private tunnel: ConnectTunnel | null = null;
  /** Those that the request began with. */
  private rules: ProxyRules;
  private isFirst = true;

  constructor(owner: ProxyConnectionOwner, arrival: Arrival, isCountedBySource: boolean) {
    super(owner, arrival, isCountedBySource);
    const { socket } = arrival;
    this.rules = owner.rules;
    this.heads = new HeadReader(owner.worker);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.leave(true));
    socket.on('close', () => this.leave(false));
  }

  // ---- what the listener and the sweeper do to it

  cut(reason: CloseReason): void {
    this.closeReason = reason;
    if (this.tunnel !== null) return this.tunnel.cut(reason);
    if (this.request !== null) this.request.outcome = 'drain';
    this.abandon();
    this.client.cut(false);
  }

  onDeadline(now: Instant): void {
    if (this.tunnel !== null) return this.tunnel.onDeadline(now);
    if (this.exchange !== null) return this.exchange.onDeadline(now);
    if (this.admission !== null) return this.admission.onDeadline();
    if (!this.isLingering) this.closeReason = 'timeout';
    const hasBegun = this.pending !== null;
    if (!this.isLingering && hasBegun && this.client.hasRoom) this.refuseBytes(REFUSALS.late, 'the request did not come in time');
    else this.client.cut(false);
  }

  // ---- bytes of the client

  private onData(chunk: Buffer): void {
    if (this.isLingering) return;
    if (this.tunnel !== null) return this.tunnel.onClientBytes(chunk);
    const bytes = this.pending === null ? chunk : Buffer.concat([this.pending, chunk]);
    this.pending = null;
    this.process(bytes);
  }

  private process(bytes: Buffer): void {
    let at = 0;
    while (at >= 0 && at < bytes.length && !this.isGone && !this.isLingering) {
      const { request, exchange, tunnel } = this;
      if (tunnel !== null) return tunnel.onClientBytes(bytes.subarray(at));
      if (request === null && this.client.hasRoom) at = this.onHeadBytes(bytes, at);
      else if (exchange !== null && !exchange.content.isDone) at = exchange.onContent(bytes, at);
      else {
        this.pending = bytes.subarray(at);
        // While a request is being let in we go on reading, to know when its client leaves; a pipelined one waits where it is.
        if (this.admission === null || this.pending.length >= EARLY_BYTES_MAX) this.client.pause();
        return;
      }
    }
  }

  private onHeadBytes(bytes: Buffer, from: number): number {
    const { heads } = this;
    const next = heads.read(bytes, from, this.owner.plan.http1);
    if (next === MORE) return this.hold(bytes, heads.start);
    if (next === REFUSED) {
      this.closeReason = 'error';
      this.refuseBytes({ status: heads.fault.status, outcome: 'client-error' }, heads.fault.what);
      return -1;
    }
    this.begin(bytes, heads.start, next);
    return next;
  }

  private hold(bytes: Buffer, at: number): -1 {
    if (at === bytes.length) return -1;
    if (!this.isHeadDeadlineSet) {
      this.isHeadDeadlineSet = true; // absolute: further bytes of this head do not move it
      if (!this.isFirst) this.deadline = this.worker.clock.now() + this.owner.plan.timeouts.headerMs;
    }
    this.pending = bytes.subarray(at);
    return -1;
  }

  /** The head is whole. */
  private begin(bytes: Buffer, start: number, next: number): void {
    const parser = this.heads.parser!;
    const { rules, plan } = this.owner;
    this.isFirst = false;
    this.rules = rules;
    const request = this.open();
    const reading = readRequest({ parser, bytes, start, via: rules.via, limits: plan.http1, request });
    this.heads.release();
    if (parser.connection.close || (parser.minorVersion === 0 && !parser.connection.keepAlive)) this.isClosing = true;
    if (request.user === '' && this.arrival.tls?.client) request.user = this.arrival.tls.client.subject;
    if (reading.kind === 'refused') {
      if (parser.bodyKind !== 'none' || next < bytes.length || reading.refusal.status === 400) this.isClosing = true;
      return this.answer(reading.refusal, reading.detail);
    }
    this.reading = reading;
    this.admission = new Admission(this, rules, request, reading.asked);
    this.admission.start();
  }

  private open(): ProxyRequest {
    const request = new ProxyRequest(this.worker.clock.now(), this.address);
    this.request = request;
    this.owner.onRequest();
    return request;
  }

  // ---- what an admission says

  onAdmitted(link: EndpointLink): LinkOwner {
    this.admission = null;
    const { forward } = this.reading as Extract<Reading, { kind: 'asked' }>;
    if (forward === null) {
      this.tunnel = new ConnectTunnel(this, this.rules, this.request!, link);
      return this.tunnel;
    }
    this.exchange = new ForwardExchange(this, this.rules, this.request!, forward, link);
    return this.exchange;
  }

  onRefused(refusal: Refusal, detail: string): void {
    const { forward } = this.reading as Extract<Reading, { kind: 'asked' }>;
    this.admission = null;
    // What follows may be content, or bytes for a tunnel that is not there: no request begins where one of these ends.
    if (forward === null || forward.bodyKind !== 'none') this.isClosing = true;
    this.answer(refusal, detail);
  }

  // ---- what an exchange or a tunnel says

  onOpen(): void {
    const bytes = this.pending;
    this.pending = null;
    this.client.resume();
    if (bytes !== null) this.process(bytes);
  }

  onExchangeEnd(): void {
    this.settle();
    this.next();
  }

  onExchangeRefused(refusal: Refusal, detail: string): void {
    if (!this.exchange!.content.isDone) this.isClosing = true;
    this.exchange = null;
    this.answer(refusal, detail);
  }

  /** With a reset where a plain close would make a cut reply look whole. */
  onExchangeCut(outcome: AccessOutcome, isUnframed: boolean): void {
    this.request!.outcome = outcome;
    this.request!.isCut = true;
    this.closeReason = outcome.startsWith('timeout') ? 'timeout' : 'error';
    this.settle();
    this.client.cut(isUnframed);
  }

  onTunnelEnd(reason: CloseReason): void {
    this.tunnel = null;
    this.settle();
    this.depart(reason);
  }

  // ---- replies of our own

  private answer(refusal: Refusal, detail: string): void {
    const request = this.request!;
    const { worker, rules } = this;
    request.status = refusal.status;
    request.outcome = refusal.outcome;
    this.client.write(ownAnswer(request, refusal, detail, { rules, close: this.isClosing, wallMs: worker.clock.wall() }));
    this.settle();
    this.next();
  }

  /** Refuses bytes that never became a request. */
  private refuseBytes(refusal: Refusal, detail: string): void {
    this.pending = null;
    this.heads.release();
    this.open();
    this.isClosing = true;
    this.answer(refusal, detail);
  }

  // ---- what its socket says

  private onDrain(): void {
    if (this.tunnel !== null) return this.tunnel.onClientDrain();
    if (this.exchange !== null) return this.exchange.onClientDrain();
    if (this.request === null && !this.isLingering) this.awaitNext();
  }

  private onEnd(): void {
    if (this.tunnel !== null) return this.tunnel.onClientEnd();
    if (this.isLingering) return; // both sides have ended: the socket closes by itself
    if (this.request === null && !this.client.isFlushed) return this.finish(); // it still reads the last reply
    this.abandon();
    this.client.cut(false);
  }

  private leave(isError: boolean): void {
    if (this.tunnel !== null) return this.tunnel.onClientClosed(isError);
    this.abandon();
    this.heads.release();
    this.depart(isError ? 'error' : 'normal');
  }

  /** The client waits for nothing any more. */
  private abandon(): void {
    const { request } = this;
    this.admission?.cancel();
    this.exchange?.cancel();
    this.admission = null;
    if (request === null) return;
    if (request.outcome === 'complete') request.outcome = 'client-gone';
    request.isCut = true;
    this.settle();
  }

  /** The request is over. */
  private settle(): void {
    const { request } = this;
    this.request = null;
    this.exchange = null;
    this.reading = null;
    if (request !== null) this.owner.onRequestEnd(request);
  }
}
