/**
 * Where this program itself listens: its listeners and its admin API, which no client of a forward proxy is to reach through it, or requests would go in circles and the admin API be open to
 * whoever may use the proxy. A listener on every interface is at each address of the machine, which is looked up again when it is asked for 5 s later.
 */
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../../config/address.ts';
import type { AddressPlan, Plan } from '../../config/plan.ts';
import { ipBytes, ipText } from '../../core/proxy-protocol/ip-bytes.ts';

const KEPT_MS = 5_000;

export class OwnAddresses {
  /** `address port`. */
  private readonly places = new Set<string>();
  private readonly portsEverywhere = new Set<number>();
  private readonly now: () => number;
  private machine: ReadonlySet<string> = new Set();
  private machineUntil = -Infinity;

  constructor({ listeners, admin }: Pick<Plan, 'listeners' | 'admin'>, now: () => number) {
    this.now = now;
    for (const { address } of listeners) this.add(address);
    if (admin !== null) this.add(admin);
  }

  /** Whether one of ours listens there. @param address Canonical. */
  has(address: string, port: number): boolean {
    if (this.places.has(`${address} ${port}`)) return true;
    // Linux takes an address of nobody for loopback.
    if (isNobodys(address) && (this.places.has(`127.0.0.1 ${port}`) || this.places.has(`::1 ${port}`))) return true;
    if (!this.portsEverywhere.has(port)) return false;
    return isOfThisHost(address) || this.machineAddresses().has(address);
  }

  private add(address: AddressPlan): void {
    if (address.kind === 'unix') return;
    const { host, port } = address;
    const bytes = ipBytes(host);
    if (host === '::' || host === '0.0.0.0' || bytes === null) this.portsEverywhere.add(port); // a name may be any of ours
    else this.places.add(`${ipText(bytes)} ${port}`);
  }

  private machineAddresses(): ReadonlySet<string> {
    const now = this.now();
    if (now < this.machineUntil) return this.machine;
    this.machineUntil = now + KEPT_MS;
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    this.machine = new Set(all.map(({ address }) => canonical(address)));
    return this.machine;
  }
}

/** Loopback in all its addresses, and what Linux takes for it. */
function isOfThisHost(host: string): boolean {
  return isLoopback({ kind: 'tcp', host, port: 0 }) || isNobodys(host);
}

function isNobodys(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function canonical(address: string): string {
  const bytes = ipBytes(address);
  return bytes === null ? address : ipText(bytes);
}
