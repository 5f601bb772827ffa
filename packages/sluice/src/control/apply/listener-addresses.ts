/**
 * Makes listeners' addresses sure before the workers listen: port 0 becomes a free port that all workers share and that a reload keeps; `::` is IPv4 only where there is no IPv6; an
 * address that is new to us is tried first, since workers listen with `reusePort`, which does not notice another program of this user.
 */
import { formatAddress } from '../../config/address.ts';
import { isKernelListener } from '../../config/kernel-description.ts';
import type { AddressPlan, ListenerPlan, Plan } from '../../config/plan.ts';

export interface AddressWorld {
  readonly freePort: (host: string, transport: 'tcp' | 'udp') => Promise<number>;
  readonly hasIpv6: () => Promise<boolean>;
  /** Null when the address can be listened on; otherwise why not and what to do. */
  readonly listenFault: (address: AddressPlan, transport: 'tcp' | 'udp') => Promise<string | null>;
}

/** The plan with every address as it is to be listened on. */
export async function fixAddresses(plan: Plan, running: Plan | null, world: AddressWorld): Promise<Plan> {
  const listeners: ListenerPlan[] = [];
  for (const listener of plan.listeners) listeners.push({ ...listener, address: await fixAddress(listener, running, world) });
  return { ...plan, listeners };
}

async function fixAddress({ kind, name, address }: ListenerPlan, running: Plan | null, world: AddressWorld): Promise<AddressPlan> {
  if (address.kind === 'unix') return address;
  // Without IPv6 (as in many containers) "every interface" is every IPv4 interface.
  const host = address.host === '::' && !(await world.hasIpv6()) ? '0.0.0.0' : address.host;
  if (address.port !== 0) return { ...address, host };
  const before = running?.listeners.find((listener) => listener.name === name && transportOf(listener.kind) === transportOf(kind))?.address;
  if (before?.kind === 'tcp' && before.host === host) return before;
  return { ...address, host, port: await world.freePort(host, transportOf(kind)) };
}

/** Why the listeners that are new in this plan cannot be opened, a line each. */
export async function listenerFaults(plan: Plan, running: Plan | null, world: AddressWorld): Promise<readonly string[]> {
  // The kernel listens to nothing: packets are forwarded before they get to a socket.
  const listening = (of: Plan): readonly ListenerPlan[] => of.listeners.filter((listener) => !isKernelListener(listener));
  const open = new Set(running === null ? [] : listening(running).map(placeOf));
  const fresh = listening(plan).filter((listener) => !open.has(placeOf(listener)));
  const faults = await Promise.all(
    fresh.map(async ({ kind, name, address }) => {
      const fault = await world.listenFault(address, transportOf(kind));
      return fault === null ? null : `listener "${name}": ${fault}`;
    }),
  );
  return faults.filter((fault) => fault !== null);
}

/** UDP and TCP ports are apart. */
function transportOf(kind: ListenerPlan['kind']): 'tcp' | 'udp' {
  return kind === 'datagram' ? 'udp' : 'tcp';
}

function placeOf({ kind, address }: ListenerPlan): string {
  return `${transportOf(kind)} ${formatAddress(address)}`;
}
