/** Affinity of one service in one worker: between `core/affinity`, which decides, and the exchange. */
import { type AffinityPolicy, type AffinityRequest, createAffinity } from '../../core/affinity/affinity.ts';
import { NONE } from '../../core/balancing/balancer.ts';
import { ID } from '../../core/http1/field-section.ts';
import { SET_COOKIE } from '../../core/http1/known-fields.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { createSigner } from '../../io/signature.ts';
import type { ServiceBalancer } from '../../core/balancing/service-balancer.ts';
import type { AffinityPlan, ServicePlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose sessions they are. `service.ts` is it. */
export interface SessionOwner {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: ServicePlan;
  readonly balancer: ServiceBalancer;
}

/** What affinity reads of a request, kept until its reply: the head's bytes are gone by then. */
class SessionRequest implements AffinityRequest {
  readonly clientAddress: string;
  private readonly name: string;
  private readonly value: string | null;

  constructor(clientAddress: string, name: string, value: string | null) {
    this.clientAddress = clientAddress;
    this.name = name;
    this.value = value;
  }

  header(name: string): string | null {
    return name === this.name ? this.value : null;
  }
}

export class ServiceAffinity {
  private readonly service: SessionOwner;
  private readonly policy: AffinityPolicy;
  /** The one field that the policy reads. */
  private readonly field: string;
  private readonly learns: boolean;

  constructor(service: SessionOwner, plan: AffinityPlan, slots: Readonly<Record<string, number>>) {
    this.service = service;
    this.field = plan.kind === 'header' ? plan.name.toLowerCase() : 'cookie';
    this.learns = plan.kind === 'app-cookie';
    this.policy = createAffinity({
      affinity: plan,
      service: service.plan.name,
      serviceSlot: service.slot,
      table: service.worker.table,
      signer: plan.kind === 'cookie' ? createSigner(plan.secrets) : null,
      endpoints: service.plan.endpoints.map(({ address }) => ({ address, slot: slots[address]! })),
      isUsable: (slot) => service.balancer.isUsable(slot, true),
    });
  }

  /** The endpoints changed; what was learned of those that stay is kept. */
  setEndpoints(slots: Readonly<Record<string, number>>): void {
    this.policy.setEndpoints(this.service.plan.endpoints.map(({ address }) => ({ address, slot: slots[address]! })));
  }

  /** Finds out where the request's session lives. */
  lookUp(exchange: Exchange, view: RequestView): void {
    const { worker } = this.service;
    const session = new SessionRequest(exchange.clientAddress, this.field, view.header(this.field));
    exchange.session = session;
    exchange.wanted = this.policy.lookup(session, worker.clock.now(), worker.clock.wall());
    switch (this.policy.reason) {
      case 'found':
        exchange.affinity = 'kept';
        return;
      case 'forged':
        exchange.affinity = 'forged';
        return worker.metrics.affinityForged(this.service.slot);
      case 'stale':
        exchange.affinity = 'stale';
        return worker.metrics.affinityStale(this.service.slot);
      case 'none':
        exchange.affinity = 'new';
    }
  }

  /** Binds the session to the endpoint that replied. @returns A whole Set-Cookie line, or nothing. */
  onReply(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): string {
    if (exchange.session === null || exchange.endpoint === NONE) return '';
    const { worker } = this.service;
    const now = worker.clock.now();
    if (this.learns) this.learn(exchange.endpoint, parser, bytes, start);
    const cookie = this.policy.assigned(exchange.endpoint, exchange.session, now, worker.clock.wall());
    return cookie === null ? '' : `Set-Cookie: ${cookie}\r\n`;
  }

  private learn(slot: number, parser: ResponseParser, bytes: Buffer, start: number): void {
    const { ids, count } = parser.fields;
    for (let index = 0; index < count; index++) {
      if ((ids[index]! & ID) === SET_COOKIE) this.policy.learn(slot, parser.value(bytes, start, index), this.service.worker.clock.now());
    }
  }
}
