/**
 * Client certificates of the admin API. TLS has checked that the authority signed it and that it is in its time; here its common name says
 * whose it is. A certificate of somebody else is told so, and so is one of another authority: silence would send people looking for a token.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AdminTls } from '../config/observe-plan.ts';
import type { Caller } from './bindings.ts';

export type Holder =
  | { readonly is: 'known'; readonly caller: Caller }
  /** It shows a certificate that opens nothing. */
  | { readonly is: 'stranger'; readonly problem: string }
  | { readonly is: 'nobody' };

/** @param socket Of a server that asks for certificates. */
export function certificateHolder(socket: Socket, clients: AdminTls['clients']): Holder {
  const tls = socket as TLSSocket;
  const certificate = tls.encrypted ? tls.getPeerCertificate() : null;
  if (certificate === null || certificate.subject === undefined) return { is: 'nobody' };
  if (!tls.authorized) return { is: 'stranger', problem: `the client certificate is not taken: ${String(tls.authorizationError)}` };
  const { CN: name } = certificate.subject as { readonly CN?: unknown };
  // Several common names (then a list): which of them would count is anybody's guess.
  if (typeof name !== 'string') return { is: 'stranger', problem: 'the client certificate must have one common name (CN)' };
  const client = clients.find((one) => one.name === name);
  if (client !== undefined) return { is: 'known', caller: { name, scope: client.scope } };
  return {
    is: 'stranger',
    problem: `the client certificate's common name ${JSON.stringify(name.slice(0, 256))} is not in admin.tls.clients`,
  };
}
