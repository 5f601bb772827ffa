/** The PROXY protocol header that tells an endpoint of its client. */
import type { ServicePlan } from '../../config/plan.ts';
import type { ProxyEnds } from '../../core/proxy-protocol/writer.ts';
import { writeProxyV1, writeProxyV2 } from '../../core/proxy-protocol/writer.ts';
import { unmapped } from '../address-list.ts';
import type { Arrival } from '../listeners/arrival.ts';

/** What was seen of the client's TLS, here or on the way through. */
export interface SeenTls {
  /** Empty when there was none. */
  readonly serverName: string;
  /** Agreed, or the first one offered; empty when there was none. */
  readonly alpn: string;
}

/** The header's bytes; null where the service wants none. */
export function proxyHeader(version: ServicePlan['proxyProtocol'], arrival: Arrival, tls: SeenTls): Uint8Array | null {
  if (version === null) return null;
  const ends = endsOf(arrival);
  if (version === 'v1') return writeProxyV1(ends);
  const { serverName, alpn } = tls;
  return writeProxyV2(ends, { authority: serverName === '' ? null : serverName, alpn: alpn === '' ? null : alpn });
}

/** Null for what is no IP connection. A listener on `::` sees IPv4 clients as ::ffff:a.b.c.d; the endpoint should not. */
function endsOf({ socket, address, port }: Arrival): ProxyEnds | null {
  const { localAddress, localPort } = socket;
  if (address === undefined || port === undefined || localAddress === undefined || localPort === undefined) return null;
  return {
    source: { kind: 'ip', address: unmapped(address), port },
    destination: { kind: 'ip', address: unmapped(localAddress), port: localPort },
  };
}
