/** The kernel listeners of a plan as what the kernel is to do: addresses in the place of names, whole weights, each place once. */
import type { KernelDescription, KernelEndpoint, KernelListener, KernelMethod } from '../core/layer4/kernel-description.ts';
import { endpointFaults, kernelFaults } from '../core/layer4/kernel-fault.ts';
import { type KernelShare, wholeWeights } from '../core/layer4/kernel-share.ts';
import { addressFamily } from '../core/layer4/nft-address.ts';
import type { Algorithm } from '../core/balancing/algorithm.ts';
import type { Fault } from './fault.ts';
import type { DatagramListenerPlan, KernelPlan, ListenerPlan, Plan, ServicePlan, StreamListenerPlan } from './plan.ts';

/** A listener that Linux serves. */
export type KernelListenerPlan = (StreamListenerPlan | DatagramListenerPlan) & { readonly kernel: KernelPlan };

/** What is known of the world. */
export interface KernelWorld {
  /** Of each endpoint of the service, in its order. */
  readonly shares: (service: ServicePlan) => readonly KernelShare[];
  /** Addresses of a name, known so far. */
  readonly addresses: (name: string) => readonly string[];
}

/** Where a place of the description comes from. */
export interface KernelOrigin {
  readonly service: string;
  /** As the plan has it. */
  readonly endpoint: string;
}

/** The description, and where each of its endpoints comes from, by `placeKey`. */
export interface KernelView {
  readonly description: KernelDescription;
  readonly origins: ReadonlyMap<string, KernelOrigin>;
}

export function isKernelListener(listener: ListenerPlan): listener is KernelListenerPlan {
  return 'kernel' in listener && listener.kernel !== null;
}

/** One text per endpoint of a listener. */
export function placeKey(listener: string, { address, port }: Pick<KernelEndpoint, 'address' | 'port'>): string {
  return `${listener} ${address} ${port}`;
}

/** Whether a host is a name, to be resolved. */
export function isHostName(host: string): boolean {
  return addressFamily(host) === null && !host.includes(':');
}

/** What the kernel cannot do of a plan, before anything is known of names and states. */
export function kernelPlanFaults(plan: Plan): Fault[] {
  const shares = ({ endpoints }: ServicePlan): KernelShare[] => endpoints.map(({ weight }) => ({ state: 'up', weight }));
  const { description } = kernelView(plan, { shares, addresses: () => [] });
  return kernelFaults(description).map((message) => ({ path: 'listeners', message, suggestion: null }));
}

/** Describes the plan's kernel listeners. */
export function kernelView(plan: Plan, world: KernelWorld): KernelView {
  const services = new Map(plan.services.map((service) => [service.name, service]));
  const origins = new Map<string, KernelOrigin>();
  const listeners = plan.listeners.filter(isKernelListener).flatMap((listener) => {
    const service = services.get(listener.targets[0]?.services[0]?.service ?? '');
    // The checks refuse unix addresses here.
    if (service === undefined || listener.address.kind !== 'tcp') return [];
    return [listenerOf(listener, listener.address, service, { ...world, origins })];
  });
  return { description: { listeners }, origins };
}

function listenerOf(
  { name, kind, kernel }: KernelListenerPlan,
  { host, port }: { readonly host: string; readonly port: number },
  service: ServicePlan,
  { shares: sharesOf, addresses: addressesOf, origins }: KernelWorld & { readonly origins: Map<string, KernelOrigin> },
): KernelListener {
  const places = new Map<string, { endpoint: Omit<KernelEndpoint, 'weight'>; weight: number }>();
  const shares = sharesOf(service);
  service.endpoints.forEach(({ address: text, target }, index) => {
    if (target.kind !== 'tcp') return;
    const { state, weight } = shares[index]!;
    const addresses = isHostName(target.host) ? usable(addressesOf(target.host), host) : [target.host];
    for (const address of addresses) {
      const key = placeKey(name, { address, port: target.port });
      const part = weight / addresses.length;
      const before = places.get(key);
      // Two names of one machine, or a name and its address: one place, used while either may be.
      if (before !== undefined && (before.endpoint.state === state || state !== 'up')) {
        if (before.endpoint.state === state) before.weight += part;
        continue;
      }
      places.set(key, { endpoint: { address, port: target.port, state }, weight: part });
      origins.set(key, { service: service.name, endpoint: text });
    }
  });
  const weights = wholeWeights(Array.from(places.values(), ({ weight }) => weight));
  const endpoints = Array.from(places.values(), ({ endpoint }, index) => ({ ...endpoint, weight: weights[index]! }));
  const { masquerade, onDown } = kernel;
  const protocol = kind === 'stream' ? 'tcp' : 'udp';
  return { name, protocol, host, port, method: methodOf(service.balance.algorithm), endpoints, masquerade, onDown };
}

/** Addresses of a name that the listener can use: of its family, and on loopback only where it is itself. */
function usable(addresses: readonly string[], host: string): readonly string[] {
  return addresses.filter((address) => endpointFaults({ host }, { address, port: 1, weight: 1, state: 'up' }).length === 0);
}

/** Everything else is refused where it was written; `p2c` stands for a service that says nothing, and has other listeners, too. */
function methodOf(algorithm: Algorithm): KernelMethod {
  if (algorithm === 'random') return 'random';
  return algorithm === 'ip-hash' || algorithm === 'hash' ? 'source' : 'round-robin';
}
