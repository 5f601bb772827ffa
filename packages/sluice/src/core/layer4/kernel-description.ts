/**
 * What the kernel shall balance, as plain data: listeners with their endpoints and the state that health and drain give these. Connections are spread when
 * they begin; from then on the kernel's connection tracking keeps each of them at its endpoint, whatever changes here.
 */

/** `source`: the same client address goes to the same endpoint while that is up. */
export type KernelMethod = 'random' | 'round-robin' | 'source';

/** `draining` and `down` take no new connections; `down` may also cut the ones it has (`onDown`). */
export type KernelEndpointState = 'up' | 'draining' | 'down';

export interface KernelEndpoint {
  /** Canonical text (RFC 5952 for IPv6), no name. */
  readonly address: string;
  readonly port: number;
  /** Whole, 0..65535; 0 takes nothing new. */
  readonly weight: number;
  readonly state: KernelEndpointState;
}

/**
 * Whose address the endpoint sees. `never`: the client's; replies must come back through this machine. `always`: ours, so that replies find back from
 * anywhere. `auto`: ours only where the reply would surely miss us (client and endpoint in one attached network) and for connections that begin on this machine.
 */
export type Masquerade = 'auto' | 'always' | 'never';

export interface KernelListener {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** Canonical address; `0.0.0.0` is every IPv4 address of this machine, `::` every address of both families. */
  readonly host: string;
  readonly port: number;
  readonly method: KernelMethod;
  readonly endpoints: readonly KernelEndpoint[];
  readonly masquerade: Masquerade;
  /** What happens to the connections of an endpoint that goes down. */
  readonly onDown: 'keep' | 'cut';
}

export interface KernelDescription {
  readonly listeners: readonly KernelListener[];
}

/** What may be said about an endpoint while it stays. */
export type EndpointChange = Partial<Pick<KernelEndpoint, 'state' | 'weight'>>;

/**
 * The description with one endpoint changed in one listener.
 * @returns Null when there is no such endpoint.
 */
export function withEndpoint(
  description: KernelDescription,
  where: { readonly listener: string; readonly address: string; readonly port: number },
  change: EndpointChange,
): KernelDescription | null {
  let isFound = false;
  const listeners = description.listeners.map((listener) => {
    if (listener.name !== where.listener) return listener;
    const endpoints = listener.endpoints.map((endpoint) => {
      if (endpoint.address !== where.address || endpoint.port !== where.port) return endpoint;
      isFound = true;
      return { ...endpoint, ...change };
    });
    return { ...listener, endpoints };
  });
  return isFound ? { listeners } : null;
}

/** The description with every endpoint draining: nothing new begins, what is there goes on. */
export function drained(description: KernelDescription): KernelDescription {
  const listeners = description.listeners.map((listener) => ({
    ...listener,
    endpoints: listener.endpoints.map((endpoint) => (endpoint.state === 'up' ? { ...endpoint, state: 'draining' as const } : endpoint)),
  }));
  return { listeners };
}

/** Whether it takes new connections. */
export function takesNew(endpoint: KernelEndpoint): boolean {
  return endpoint.state === 'up' && endpoint.weight > 0;
}
