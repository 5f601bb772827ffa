/**
 * The rules that balance in the kernel. A new connection (only its first packet comes here; connection tracking does the rest) goes: `new` finds the listener,
 * `listen/…` computes a slot and looks it up in `slots/…`, `to/…` counts it and rewrites the destination. No endpoint: refused at once, like a closed port.
 * Both families live in one `inet` table. Every text in it is a checked name, a canonical address or a number.
 */
import { assert } from '../../base/assert.ts';
import { type KernelDescription, type KernelEndpoint, type KernelListener, takesNew } from './kernel-description.ts';
import { type Family, FAMILIES, familyOf } from './nft-address.ts';
import { flowRules, isWildcard } from './nft-flows.ts';
import { masqueradeRules } from './nft-masquerade.ts';
import { endpointChain, endpointCounter, listenChain, refusedCounter, slotMap, sourceChain } from './nft-names.ts';
import type { NftChain, NftMap, NftTable } from './nft-table.ts';
import { slotsFor } from './slots.ts';

/** Any number would do; the same everywhere, so that two machines send a client to the same endpoint. */
const HASH_SEED = '0x51a1ce';
/** After connection tracking (-200) and the rewriting of destinations (-100): the endpoint is known. */
const AFTER_DNAT = -90;

/** The table that does what the description says. Expects one without faults (`kernelFaults`). */
export function nftTable(description: KernelDescription, networks: readonly string[]): NftTable {
  const table = { counters: new Set<string>(), maps: new Map<string, NftMap>(), chains: new Map<string, NftChain>() };
  // A named host wins over all addresses, as with sockets.
  const listeners = [...description.listeners].sort((left, right) => Number(isWildcard(left)) - Number(isWildcard(right)));
  const flows = flowRules({ listeners });
  const entries: string[] = [];
  const sources: string[] = [];
  for (const listener of listeners) {
    table.counters.add(refusedCounter(listener));
    for (const endpoint of listener.endpoints) addEndpoint(table, listener, endpoint);
    for (const family of familiesOf(listener)) {
      addListener(table, listener, family);
      table.chains.set(sourceChain(listener, family), chain(masqueradeRules(listener, family, networks)));
      entries.push(`${entryMatch(listener, family)} goto ${listenChain(listener, family)}`);
      sources.push(`${sourceMatch(listener, family)} goto ${sourceChain(listener, family)}`);
    }
  }
  table.chains.set('new', chain(entries));
  table.chains.set('flows', chain(['ct status & dnat != dnat accept', ...flows.rules]));
  for (const [name, map] of flows.maps) table.maps.set(name, map);
  table.chains.set('prerouting', chain(['jump new'], 'type nat hook prerouting priority -100'));
  // Connections that begin on this machine do not pass prerouting.
  table.chains.set('output', chain(['jump new'], 'type nat hook output priority -100'));
  table.chains.set('postrouting', chain(sources, 'type nat hook postrouting priority 100'));
  // Each packet once: what leaves this machine at `output`, what comes from a network at `prerouting`.
  table.chains.set('arriving', chain(['iif lo accept', 'goto flows'], `type filter hook prerouting priority ${AFTER_DNAT}`));
  table.chains.set('leaving', chain(['goto flows'], `type filter hook output priority ${AFTER_DNAT}`));
  return table;
}

/** A table under construction. */
interface Draft {
  readonly counters: Set<string>;
  readonly maps: Map<string, NftMap>;
  readonly chains: Map<string, NftChain>;
}

function addEndpoint({ counters, chains }: Draft, listener: KernelListener, endpoint: KernelEndpoint): void {
  for (const kind of ['new', 'in', 'out'] as const) counters.add(endpointCounter(kind, listener, endpoint));
  const { address, port } = endpoint;
  const to = familyOf(address) === 4 ? `dnat ip to ${address}:${port}` : `dnat ip6 to [${address}]:${port}`;
  const rule = `meta l4proto ${listener.protocol} counter name "${endpointCounter('new', listener, endpoint)}" ${to}`;
  chains.set(endpointChain(listener, endpoint), chain([rule]));
}

function addListener({ maps, chains }: Draft, listener: KernelListener, family: Family): void {
  const open = listener.endpoints.filter((endpoint) => takesNew(endpoint) && familyOf(endpoint.address) === family);
  const slots = slotsFor(listener.method, open.map(hashed));
  const elements = new Map<string, string>();
  for (const [slot, index] of slots.entries()) elements.set(String(slot), `goto ${endpointChain(listener, open[index]!)}`);
  // The hash is a number like the counter's; nft 1.0.6 crashes when it lists a map whose type is written as a hash.
  maps.set(slotMap(listener, family), { type: 'typeof numgen inc mod 2 : verdict', elements });
  const refuse = listener.protocol === 'tcp' ? 'meta l4proto tcp reject with tcp reset' : 'reject with icmpx port-unreachable';
  const rules = [`counter name "${refusedCounter(listener)}" ${refuse}`];
  if (slots.length > 0) {
    // The second is for packets that met the first just when there came to be fewer slots.
    const lookup = `vmap @${slotMap(listener, family)}`;
    rules.unshift(`${slotExpression(listener, family)} mod ${slots.length}${seed(listener)} ${lookup}`, `numgen inc mod 1 ${lookup}`);
  }
  chains.set(listenChain(listener, family), chain(rules));
}

function hashed({ address, port, weight }: KernelEndpoint): { address: string; weight: number } {
  return { address: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`, weight };
}

function slotExpression({ method }: KernelListener, family: Family): string {
  switch (method) {
    case 'round-robin':
      return 'numgen inc';
    case 'random':
      return 'numgen random';
    case 'source':
      return family === 4 ? 'jhash ip saddr' : 'jhash ip6 saddr';
  }
}

function seed({ method }: KernelListener): string {
  return method === 'source' ? ` seed ${HASH_SEED}` : '';
}

/** Families that connections to this listener can come in. `::` without endpoints of a family leaves that family alone. */
function familiesOf({ host, endpoints }: KernelListener): Family[] {
  if (host !== '::') return [familyOf(host)];
  const served = FAMILIES.filter((family) => endpoints.some(({ address }) => familyOf(address) === family));
  return served.length === 0 ? [...FAMILIES] : served;
}

/** Matches a packet that asks for the listener. Loopback is left out of `any`: packets from there cannot leave this machine. */
function entryMatch(listener: KernelListener, family: Family): string {
  const ip = family === 4 ? 'ip' : 'ip6';
  const port = `${listener.protocol} dport ${checkedPort(listener)}`;
  if (!isWildcard(listener)) return `${ip} daddr ${checkedHost(listener)} ${port}`;
  return `${port} ${ip} daddr != ${family === 4 ? '127.0.0.0/8' : '::1'} fib daddr type local`;
}

/** The same of a connection whose destination was rewritten. */
function sourceMatch(listener: KernelListener, family: Family): string {
  const ip = family === 4 ? 'ip' : 'ip6';
  const host = isWildcard(listener) ? `meta nfproto ipv${family}` : `ct original ${ip} daddr ${checkedHost(listener)}`;
  return `ct status & dnat == dnat ${host} meta l4proto ${listener.protocol} ct original proto-dst ${checkedPort(listener)}`;
}

function checkedHost({ host }: KernelListener): string {
  familyOf(host);
  return host;
}

function checkedPort({ port }: KernelListener): number {
  assert(Number.isInteger(port) && port >= 1 && port <= 65_535, `a port 1..65535, got ${port}`);
  return port;
}

function chain(rules: readonly string[], hook: string | null = null): NftChain {
  return { hook, rules };
}
