/**
 * Nodes that share the work of a cache: each reply is fetched from its service by one of them, the owner of its key (rendezvous hashing over the nodes that are up, as the service that names them
 * balances), and the others fetch it there. However many nodes are asked, the service sees one request. What a peer asks for is never asked of another peer; where the owner cannot be reached,
 * a node fetches for itself.
 */
import { hashString } from '../../base/hash.ts';
import type { CacheShieldPlan } from '../../config/filters/cache-plan.ts';
import { isLoop, withMember } from '../../core/caching/http/cdn-loop.ts';
import { type CompiledEdits, joinEdits, NO_EDITS } from '../exchange/header-edits.ts';
import { writeRequestHead } from '../exchange/request-head.ts';
import type { RequestPass } from '../filters/filter.ts';
import type { WorkerContext } from '../worker-context.ts';
import { PeerLeg } from './peer-leg.ts';
import { PEER_KEY_LENGTH_MAX, PeerProof, type PeerRequest } from './peer-proof.ts';

/** An owner that cannot be reached, and who claims to be a peer and is none, is told of this often. */
const TOLD_EVERY_MS = 60_000;
const NONE_TRIED: readonly number[] = [];
const OWN_FIELDS = ',sluice-peer,cdn-loop,';

export class Shield {
  private readonly worker: WorkerContext;
  private readonly plan: CacheShieldPlan;
  private readonly proof: PeerProof;
  private readonly route: string;
  private toldOfOwnerAt = -Infinity;
  private toldOfStrangerAt = -Infinity;

  constructor(worker: WorkerContext, route: string, plan: CacheShieldPlan) {
    this.worker = worker;
    this.route = route;
    this.plan = plan;
    this.proof = new PeerProof(plan.secrets);
  }

  /** Whether a request has been here before (RFC 8586). */
  isLoop(pass: RequestPass): boolean {
    return isLoop(pass.view.header('cdn-loop') ?? '', this.plan.self);
  }

  /** The key that a proved peer names. */
  keyIn({ view }: RequestPass): string {
    return this.proof.keyIn(view.header('sluice-peer') ?? '');
  }

  /** Whether it is a peer that asks. */
  isPeer(pass: RequestPass): boolean {
    const value = pass.view.header('sluice-peer') ?? '';
    const isProved = this.proof.verify(value, this.requestOf(pass), this.worker.clock.wall());
    if (!isProved) this.tellOfStranger(pass.exchange.clientAddress);
    return isProved;
  }

  /** Null: this node is the owner itself, or nobody is. @param edits Of the request that fetches. */
  legFor(pass: RequestPass, key: string, edits: CompiledEdits): PeerLeg | null {
    const service = this.worker.service(this.plan.service);
    const origin = pass.exchange.service;
    if (service === undefined || origin === null || key.length > PEER_KEY_LENGTH_MAX) return null;
    const hash = hashString(key);
    const owner = service.balancer.pick(hash, NONE_TRIED, this.worker.clock.now());
    if (owner < 0 || owner === service.endpointSlots[this.plan.self]) return null;
    const others = Object.values(service.endpointSlots).filter((slot) => slot !== owner);
    const head = this.headFor(pass, key, edits);
    return new PeerLeg({ service, owner, others, key: hash, head, tell: () => this.tellOfOwner(service.addressOf(owner)) }, origin);
  }

  private tellOfOwner(node: string): void {
    const now = this.worker.clock.now();
    if (now - this.toldOfOwnerAt < TOLD_EVERY_MS) return;
    this.toldOfOwnerAt = now;
    this.worker.event('warn', 'cache: a node of the shield cannot be used, so this one fetches for itself', {
      service: this.plan.service,
      node,
    });
  }

  private tellOfStranger(address: string): void {
    const now = this.worker.clock.now();
    if (now - this.toldOfStrangerAt < TOLD_EVERY_MS) return;
    this.toldOfStrangerAt = now;
    this.worker.event(
      'warn',
      'cache: a request claims to be from a node of the shield and is refused; the secret or the time of nodes may differ',
      {
        service: this.plan.service,
        client: address,
      },
    );
  }

  /** As the client's: what the route does to path, host and fields the owner does itself. */
  private headFor(pass: RequestPass, key: string, edits: CompiledEdits): string {
    const { view, requester, listener, askedHost } = pass;
    const { parser, bytes, start } = view;
    const { identity } = requester;
    const value = this.proof.write(this.requestOf(pass), key, this.worker.clock.wall());
    return writeRequestHead({
      parser,
      bytes,
      start,
      target: view.target,
      host: askedHost,
      identityLines: identity.requestLines(parser, bytes, start, askedHost),
      isTrusted: identity.isTrusted,
      tellsOfCertificate: identity.tellsOfCertificate,
      writesForwarded: listener.forwarding.writesForwarded,
      requestId: pass.exchange.requestId,
      edits: joinEdits(edits, { drops: '', lines: `Sluice-Peer: ${value}\r\n` }),
      upgrade: null,
      handshake: NO_EDITS,
      trace: pass.exchange.trace,
    });
  }

  private requestOf({ view, askedHost }: RequestPass): PeerRequest {
    return { route: this.route, method: view.method, host: askedHost, target: view.target };
  }
}

/** What is changed of every request that fetches: where it has been, and nothing of how nodes know each other. */
export function nodeEdits({ view }: RequestPass, { self }: CacheShieldPlan): CompiledEdits {
  return { drops: OWN_FIELDS, lines: `CDN-Loop: ${withMember(view.header('cdn-loop'), self)}\r\n` };
}
