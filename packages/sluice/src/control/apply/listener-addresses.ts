/**
 * Makes listeners' addresses sure before the workers listen: port 0 becomes a free port that all workers share and that a reload keeps; an
 * address that is new to us is tried first, since workers listen with `reusePort`, which does not notice another program of this user.
 */
import { formatAddress } from '../../config/address.ts';
import type { AddressPlan, ListenerPlan, Plan } from '../../config/plan.ts';

export interface AddressWorld {
  readonly freePort: (host: string) => Promise<number>;
  /** Null when the address can be listened on; otherwise why not and what to do. */
  readonly listenFault: (address: AddressPlan) => Promise<string | null>;
}

/** The plan with every port known. */
export async function fixPorts(plan: Plan, running: Plan | null, freePort: AddressWorld['freePort']): Promise<Plan> {
  const listeners: ListenerPlan[] = [];
  for (const listener of plan.listeners) {
    const { address } = listener;
    const isOpen = address.kind === 'tcp' && address.port === 0;
    listeners.push(isOpen ? { ...listener, address: await fixPort(listener.name, address, running, freePort) } : listener);
  }
  return { ...plan, listeners };
}

async function fixPort(
  name: string,
  address: Extract<AddressPlan, { kind: 'tcp' }>,
  running: Plan | null,
  freePort: AddressWorld['freePort'],
): Promise<AddressPlan> {
  const before = running?.listeners.find((listener) => listener.name === name)?.address;
  if (before?.kind === 'tcp' && before.host === address.host) return before;
  return { ...address, port: await freePort(address.host) };
}

/** Why the listeners that are new in this plan cannot be opened, a line each. */
export async function listenerFaults(plan: Plan, running: Plan | null, world: AddressWorld): Promise<readonly string[]> {
  const open = new Set(running?.listeners.map(({ address }) => formatAddress(address)));
  const fresh = plan.listeners.filter(({ address }) => !open.has(formatAddress(address)));
  const faults = await Promise.all(
    fresh.map(async ({ name, address }) => {
      const fault = await world.listenFault(address);
      return fault === null ? null : `listener "${name}": ${fault}`;
    }),
  );
  return faults.filter((fault) => fault !== null);
}
