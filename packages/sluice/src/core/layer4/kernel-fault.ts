/**
 * What of a description the kernel cannot do, in words. Beyond plain spelling: it does not translate between IPv4 and IPv6, and it does not carry
 * packets between a network and the loopback addresses.
 */
import type { KernelDescription, KernelEndpoint, KernelListener } from './kernel-description.ts';
import { addressFamily, addressKind } from './nft-address.ts';

/** Also what keeps names out of trouble inside a script: no quotes, spaces, braces, slashes or semicolons. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const WEIGHT_MAX = 65_535;
const LISTENERS_MAX = 1_000;
const ENDPOINTS_MAX = 1_000;
/** Over all listeners: the whole table then loads within a second or two. */
const ENDPOINTS_ALL_MAX = 10_000;

/** All that is wrong; empty when the description can be written as rules. */
export function kernelFaults(description: KernelDescription): string[] {
  const { listeners } = description;
  if (listeners.length > LISTENERS_MAX) return [`at most ${LISTENERS_MAX} kernel listeners, got ${listeners.length}`];
  const count = listeners.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  if (count > ENDPOINTS_ALL_MAX) return [`at most ${ENDPOINTS_ALL_MAX} endpoints of kernel listeners in all, got ${count}`];
  const faults = listeners.flatMap((listener) =>
    listenerFaults(listener).map((fault) => `listener ${JSON.stringify(listener.name)}: ${fault}`),
  );
  const names = repeated(listeners.map(({ name }) => name)).map((name) => `listener ${JSON.stringify(name)}: stands twice`);
  const places = repeated(listeners.map(placeOf)).map((place) => `${place}: two listeners`);
  return [...faults, ...names, ...places];
}

function placeOf({ protocol, host, port }: KernelListener): string {
  return `${protocol} ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenerFaults(listener: KernelListener): string[] {
  const { name, host, port, endpoints } = listener;
  if (!NAME_PATTERN.test(name)) return ["a name is at most 64 letters, digits, '-', '_' and '.', starting with a letter or digit"];
  if (addressFamily(host) === null) return [`host must be an IPv4 or IPv6 address in canonical form, got ${JSON.stringify(host)}`];
  if (addressKind(host) === 'other') return [`host ${host} is not an address that connections are made to`];
  if (!isPort(port)) return [`port must be 1..65535, got ${port}`];
  if (endpoints.length > ENDPOINTS_MAX) return [`at most ${ENDPOINTS_MAX} endpoints, got ${endpoints.length}`];
  const faults = endpoints.flatMap((endpoint) => endpointFaults(listener, endpoint));
  const twice = repeated(endpoints.map((endpoint) => `${endpoint.address} port ${endpoint.port}`));
  return [...faults, ...twice.map((endpoint) => `endpoint ${endpoint} stands twice`)];
}

/** What is wrong with an endpoint of a listener on this host. */
export function endpointFaults({ host }: Pick<KernelListener, 'host'>, { address, port, weight }: KernelEndpoint): string[] {
  const family = addressFamily(address);
  if (family === null) return [`endpoint must be an IPv4 or IPv6 address in canonical form, got ${JSON.stringify(address)}`];
  if (!isPort(port)) return [`endpoint ${address}: port must be 1..65535, got ${port}`];
  if (!Number.isInteger(weight) || weight < 0 || weight > WEIGHT_MAX) {
    return [`endpoint ${address}: weight must be whole, 0..${WEIGHT_MAX}, got ${weight}`];
  }
  const kind = addressKind(address);
  if (kind === 'any' || kind === 'other') return [`endpoint ${address} is not an address that connections can be made to`];
  if (host !== '::' && addressFamily(host) !== family) {
    return [`endpoint ${address} cannot serve ${host}: the kernel does not translate between IPv4 and IPv6`];
  }
  if ((kind === 'loopback') !== (addressKind(host) === 'loopback')) {
    return [
      `endpoint ${address} cannot serve ${host}: the kernel does not carry packets between a network and loopback; use an address of the machine`,
    ];
  }
  return [];
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const text of texts) {
    if (seen.has(text)) twice.add(text);
    seen.add(text);
  }
  return [...twice];
}
