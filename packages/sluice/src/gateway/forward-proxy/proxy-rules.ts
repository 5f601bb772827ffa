/** What a forward proxy's listener holds its clients to: its rules, compiled once per plan. Requests that are on their way keep those that they began with. */
import type { ForwardProxyListenerPlan, Plan } from '../../config/plan.ts';
import { DestinationRules } from '../../core/forward-proxy/destination-rules.ts';
import type { AddressLookup } from '../../io/address-lookup.ts';
import { AddressList } from '../address-list.ts';
import type { WorkerContext } from '../worker-context.ts';
import { OwnAddresses } from './own-addresses.ts';
import { ProxyUsers } from './proxy-users.ts';

export class ProxyRules {
  readonly destinations: DestinationRules;
  /** Null: nobody is asked who it is. */
  readonly users: ProxyUsers | null;
  /** Lower-case name in Via, or null. */
  readonly via: string | null;
  readonly lookup: AddressLookup;
  readonly timeouts: ForwardProxyListenerPlan['timeouts'];
  /** Where this program listens. */
  own: OwnAddresses;
  private readonly worker: WorkerContext;
  /** Null: from anywhere. */
  private readonly clients: AddressList | null;

  constructor(plan: ForwardProxyListenerPlan, everything: Pick<Plan, 'listeners' | 'admin'>, worker: WorkerContext, lookup: AddressLookup) {
    const { basic, clients, via } = plan.rules;
    this.destinations = new DestinationRules(plan.rules);
    this.users = basic === null ? null : new ProxyUsers(basic, worker.clock);
    this.via = via;
    this.lookup = lookup;
    this.timeouts = plan.timeouts;
    this.worker = worker;
    this.own = this.ownOf(everything);
    this.clients = clients.length === 0 ? null : new AddressList(clients);
  }

  /** @param address Without port; an IPv4 one as such. Undefined on a unix socket, which has permissions of its own. */
  takesClient(address: string | undefined): boolean {
    return this.clients === null || address === undefined || this.clients.has(address);
  }

  /** The plan has changed. */
  setOwn(everything: Pick<Plan, 'listeners' | 'admin'>): void {
    this.own = this.ownOf(everything);
  }

  close(): void {
    this.users?.close();
  }

  private ownOf(everything: Pick<Plan, 'listeners' | 'admin'>): OwnAddresses {
    return new OwnAddresses(everything, () => this.worker.clock.now());
  }
}
