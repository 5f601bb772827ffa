/** Opens a connection to an endpoint: TCP or a unix socket, in the clear or with TLS. */
import { connect, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { tls as nodeTls } from '../../io/node-tls.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { UpstreamTls } from './upstream-tls.ts';

/** Where to, and how. */
export interface DialTarget {
  readonly target: AddressPlan;
  /** Null: in the clear. */
  readonly tls: UpstreamTls | null;
  readonly resolver: { readonly lookup?: LookupFunction };
}

export interface Dialled {
  readonly socket: Socket;
  /** The event that says it is usable. */
  readonly ready: 'connect' | 'secureConnect';
}

/**
 * @param protocols Offered by ALPN where there is TLS.
 * @param onread Where reads go; null: `data` events.
 * @param noDelay Whether small writes go at once (TCP_NODELAY). In the clear only: TLS does so anyway.
 */
export function dial(to: DialTarget, protocols: readonly string[], onread: OnReadOpts | null, noDelay = true): Dialled {
  const { target, tls, resolver } = to;
  if (tls === null) {
    const where = target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port, noDelay, ...resolver };
    return { socket: connect(onread === null ? where : { ...where, onread }), ready: 'connect' };
  }
  const options = tls.options(protocols);
  const where = target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port, ...resolver };
  const more: object = { noDelay: true, onread }; // of `net.connect`: documented, and not in the types
  const socket = nodeTls().connect({ ...options, ...where, ...more });
  tls.watch(socket);
  return { socket, ready: 'secureConnect' };
}
