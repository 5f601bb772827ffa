/**
 * Where the connections of a listener with TLS stand until their handshakes are done: how many at once, how long, by which rules. Independent of what is spoken
 * afterwards. A handshake costs some hundred times what a request does, so both bounds matter: on all of them and on those of one address. Where all places are taken,
 * a newcomer has the place of whoever has waited longest without saying its hello, which has cost nothing yet: to keep others out one must at least speak.
 */
import type { TLSSocket } from 'node:tls';
import { tls as nodeTls } from '../../io/node-tls.ts';
import type { Instant, Timestamp } from '../../base/time.ts';
import type { TlsPlan } from '../../config/tls-plan.ts';
import type { TicketSecrets } from '../../config/worker-protocol.ts';
import type { ClientHello } from '../../core/tls/client-hello.ts';
import type { CloseReason, HandshakeFailure } from '../../observe/metric-layout.ts';
import type { Arrival, ClientConnection, TlsFacts } from '../listeners/arrival.ts';
import { SourceCounts } from '../source-counts.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type PolicyNumbers, TlsPolicies } from './tls-policies.ts';
import { type HandshakeOwner, type HelloAnswer, type Peer, TlsHandshake } from './tls-handshake.ts';

/** RFC 8737 §3. */
const ACME_PROTOCOL = 'acme-tls/1';

/** Whose connections they are. A listener is it. */
export interface TlsEntranceOwner {
  readonly worker: WorkerContext & { readonly tickets: TicketSecrets };
  /** Row in the metric board. */
  readonly slot: number;
  readonly plan: { readonly name: string };
  /** The handshake is done: the arrival takes the connection's place. */
  onArrival(arrival: Arrival, before: ClientConnection): void;
  /** It is gone. */
  onClosed(connection: ClientConnection, reason: CloseReason): void;
}

export class TlsEntrance implements HandshakeOwner {
  private readonly owner: TlsEntranceOwner;
  private readonly numbers: PolicyNumbers;
  private policies: TlsPolicies;
  private readonly sources = new SourceCounts();
  /** Under way. */
  private count = 0;
  /** Those whose hello has not come, oldest first. */
  private readonly silent = new Set<TlsHandshake>();

  constructor(owner: TlsEntranceOwner, plan: TlsPlan, numbers: PolicyNumbers) {
    this.owner = owner;
    this.numbers = numbers;
    this.policies = new TlsPolicies(plan, numbers, null);
  }

  /** Handshakes under way go on by the rules that they began with. */
  update(plan: TlsPlan): void {
    if (plan !== this.policies.plan) this.policies = new TlsPolicies(plan, this.numbers, this.policies);
  }

  /** Begins a handshake; null, and it is counted, when there are too many. */
  begin(peer: Peer): TlsHandshake | null {
    const { handshakesMax, handshakesPerSourceMax, handshakeMs } = this.policies.plan;
    const source = peer.address ?? '';
    const perSourceMax = peer.address === undefined ? handshakesMax : handshakesPerSourceMax; // unix sockets: one peer stands for all
    const isTaken = this.sources.take(source, perSourceMax);
    if (!isTaken || (this.count >= handshakesMax && !this.makeRoom())) {
      if (isTaken) this.sources.give(source);
      this.onFailed('limit');
      return null;
    }
    this.count++;
    const handshake = new TlsHandshake(this, peer, this.now() + handshakeMs);
    this.silent.add(handshake);
    return handshake;
  }

  /** Whether requests for this host must come by another connection (RFC 9110 §15.5.20): its certificates or its rules for clients are others. */
  isMisdirected(host: string, tls: TlsFacts): boolean {
    return host !== '' && !this.policies.admits(host, tls);
  }

  now(): Instant {
    return this.owner.worker.clock.now();
  }

  wall(): Timestamp {
    return this.owner.worker.clock.wall();
  }

  answer(handshake: TlsHandshake, hello: ClientHello): HelloAnswer {
    this.silent.delete(handshake);
    if (hello.alpn.includes(ACME_PROTOCOL)) return this.challengeAnswer(hello);
    const policy = this.policies.choose(hello.serverName);
    if (typeof policy === 'string') return { kind: 'refusal', alert: 'unrecognized_name', failure: policy };
    try {
      return { kind: 'policy', policy, terminator: policy.contexts.terminator(this.owner.worker.tickets, hello.ticketName) };
    } catch (error) {
      this.owner.worker.event('error', 'tls-unusable', { listener: this.owner.plan.name, reason: (error as Error).message });
      return { kind: 'refusal', alert: 'internal_error', failure: 'no-certificate' };
    }
  }

  onDone(handshake: TlsHandshake, session: TLSSocket, tls: TlsFacts): void {
    const { socket, address, port } = handshake.peer;
    this.leave(handshake);
    this.owner.worker.metrics.handshakeDone(this.owner.slot, session.getProtocol() === 'TLSv1.3', session.isSessionReused());
    this.owner.onArrival({ socket: session, transport: socket, address, port, tls }, handshake);
  }

  onFailed(failure: HandshakeFailure): void {
    this.owner.worker.metrics.handshakeFailed(this.owner.slot, failure);
  }

  onClosed(handshake: TlsHandshake, reason: CloseReason): void {
    this.leave(handshake);
    this.owner.onClosed(handshake, reason);
  }

  /** RFC 8737 §3: only where a challenge for this name is under way. */
  private challengeAnswer({ serverName }: ClientHello): HelloAnswer {
    const challenge = this.owner.worker.plan.acmeChallenges.tls.find(({ name }) => name === serverName);
    if (challenge === undefined) return { kind: 'refusal', alert: 'no_application_protocol', failure: 'no-match' };
    const secureContext = nodeTls().createSecureContext({ cert: challenge.certPem, key: challenge.keyPem });
    return { kind: 'challenge', terminator: { kind: 'plain', options: { isServer: true, secureContext, ALPNProtocols: [ACME_PROTOCOL] } } };
  }

  private makeRoom(): boolean {
    const [oldest] = this.silent;
    if (oldest === undefined) return false;
    this.silent.delete(oldest);
    oldest.giveWay();
    return true;
  }

  private leave(handshake: TlsHandshake): void {
    this.count--;
    this.silent.delete(handshake);
    this.sources.give(handshake.peer.address ?? '');
  }
}
