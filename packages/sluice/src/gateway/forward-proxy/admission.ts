/**
 * From a request to a connection to where it wants to go, or a refusal: who is it, may it go there, which addresses has the name, which of these may be connected to, and one of exactly
 * those is. In this order: who is not let in learns nothing about the rules, and what the rules refuse is never resolved. Every wait has a deadline, which the client's connection looks after.
 */
import type { Instant } from '../../base/time.ts';
import { type Authority, formatDestination } from '../../core/forward-proxy/authority.ts';
import { hasHop } from '../../core/forward-proxy/via.ts';
import type { LookupAnswer } from '../../io/address-lookup.ts';
import type { EndpointLink, LinkOwner } from '../layer4/endpoint-link.ts';
import type { WorkerContext } from '../worker-context.ts';
import { AddressRace } from './address-race.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';
import type { UserVerdict } from './proxy-users.ts';
import { type Refusal, REFUSALS } from './refusals.ts';

/** What is asked. */
export interface Asked {
  readonly authority: Authority;
  /** A tunnel. */
  readonly isConnect: boolean;
  /** Value of Proxy-Authorization. */
  readonly credentials: string | null;
  /** Value of Via. */
  readonly via: string | null;
}

/** Whose request it is. `proxy-connection.ts` is it. */
export interface AdmissionOwner {
  readonly worker: WorkerContext;
  deadline: number;
  /** Connected. @returns Who has the connection from now on. */
  onAdmitted(link: EndpointLink): LinkOwner;
  onRefused(refusal: Refusal, detail: string): void;
}

export class Admission {
  private readonly owner: AdmissionOwner;
  private readonly rules: ProxyRules;
  private readonly request: ProxyRequest;
  private readonly asked: Asked;
  private race: AddressRace | null = null;
  private dialledAt = 0 as Instant;
  private isOver = false;

  constructor(owner: AdmissionOwner, rules: ProxyRules, request: ProxyRequest, asked: Asked) {
    this.owner = owner;
    this.rules = rules;
    this.request = request;
    this.asked = asked;
  }

  /** May refuse at once. */
  start(): void {
    const { users } = this.rules;
    this.owner.deadline = Infinity; // a password takes as long as its line does, which is bounded
    if (users === null) return this.route();
    const verdict = users.verify(this.asked.credentials);
    if (!(verdict instanceof Promise)) return this.onUser(verdict);
    verdict.then(
      (found) => this.onUser(found),
      () => this.refuse(REFUSALS.internal, 'the password could not be checked'),
    );
  }

  /** The client has gone, or the listener closes. */
  cancel(): void {
    this.isOver = true;
    this.race?.cancel();
  }

  onDeadline(): void {
    const { host } = this.asked.authority;
    if (this.race === null) this.refuse(REFUSALS.resolveTimeout, `the addresses of ${host} are not known in time`);
    else this.refuse(REFUSALS.connectTimeout, `${this.destination} does not answer in time`);
  }

  private get destination(): string {
    const { host, port } = this.asked.authority;
    return formatDestination(host, port);
  }

  private onUser(verdict: UserVerdict): void {
    if (this.isOver) return;
    if (verdict === null) return this.refuse(REFUSALS.auth, 'this proxy asks for a user and password');
    if (verdict === 'busy') return this.refuse(REFUSALS.busy, 'too many passwords are being checked; try again');
    this.request.user = verdict.name;
    this.route();
  }

  /** Name and port, before anything is resolved. */
  private route(): void {
    const { rules, asked } = this;
    const { host, isAddress, port } = asked.authority;
    const verdict = rules.destinations.host(asked.authority, asked.isConnect);
    if (verdict === 'denied-host') return this.refuse(REFUSALS.host, `${host} is not allowed`);
    if (verdict === 'denied-port') return this.refuse(REFUSALS.port, `port ${port} of ${host} is not allowed`);
    if (rules.via !== null && asked.via !== null && hasHop(asked.via, rules.via)) {
      return this.refuse(REFUSALS.loop, 'the request has been here before (see Via)');
    }
    if (isAddress) return this.check([host]);
    const answer = rules.lookup.find(host);
    if (!(answer instanceof Promise)) return this.onAddresses(answer);
    this.owner.deadline = this.owner.worker.clock.now() + rules.timeouts.resolveMs;
    void answer.then((found) => this.onAddresses(found));
  }

  private onAddresses(found: LookupAnswer): void {
    if (this.isOver) return;
    if (found === 'full') return this.refuse(REFUSALS.busy, 'too many names are being looked up; try again');
    if (found.length === 0) return this.refuse(REFUSALS.resolve, `${this.asked.authority.host} has no address`);
    this.check(found);
  }

  /** The addresses that it has: what is connected to is one of these, and the name is not asked for again. */
  private check(addresses: readonly string[]): void {
    const { host, port } = this.asked.authority;
    const { usable, left } = this.rules.destinations.addresses(addresses, port);
    if (usable.length === 0) {
      this.request.address = formatDestination(left!.address, port); // for the log: the client is not told
      return this.refuse(REFUSALS.private, `${host} has no address that may be connected to`);
    }
    const others = usable.filter((address) => !this.rules.own.has(address, port));
    if (others.length === 0) return this.refuse(REFUSALS.loop, `${this.destination} is this proxy itself`);
    this.dialledAt = this.owner.worker.clock.now();
    this.owner.deadline = this.dialledAt + this.rules.timeouts.connectMs;
    this.race = new AddressRace(this, others, port);
    this.race.start();
  }

  onConnected(link: EndpointLink, address: string): LinkOwner {
    const { request } = this;
    this.isOver = true;
    request.connectMs = this.owner.worker.clock.now() - this.dialledAt;
    request.address = formatDestination(address, this.asked.authority.port);
    return this.owner.onAdmitted(link);
  }

  onFailed(isExhausted: boolean): void {
    if (isExhausted) this.refuse(REFUSALS.busy, 'this proxy has no more sockets; try again');
    else this.refuse(REFUSALS.connect, `${this.destination} cannot be connected to`);
  }

  private refuse(refusal: Refusal, detail: string): void {
    if (this.isOver) return;
    this.cancel();
    this.owner.onRefused(refusal, detail);
  }
}
