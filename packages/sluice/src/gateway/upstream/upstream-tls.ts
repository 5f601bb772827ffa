/** TLS to one endpoint: sessions are resumed. */
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { AddressPlan } from '../../config/plan.ts';
import type { UpstreamTlsPlan } from '../../config/tls-plan.ts';
import { connectionWords } from '../../io/upstream-words.ts';
import { upstreamName, upstreamTlsOptions } from '../../io/upstream-tls.ts';

/** One per endpoint: contexts are shared by all endpoints of a plan, sessions are the endpoint's own. */
export class UpstreamTls {
  private readonly plan: UpstreamTlsPlan;
  private readonly serverName: string;
  /** What the last connection failed of; empty after one that did not. */
  failure = '';
  /** The last one that the endpoint gave. */
  private session: Buffer | null = null;

  constructor(plan: UpstreamTlsPlan, target: AddressPlan) {
    this.plan = plan;
    this.serverName = upstreamName(plan, target);
  }

  /** Options for `tls.connect`, beside the address. @param protocols Offered by ALPN; empty offers none. */
  options(protocols: readonly string[]): ConnectionOptions {
    const options = upstreamTlsOptions(this.plan, this.serverName, protocols);
    return this.session === null ? options : { ...options, session: this.session };
  }

  /** Remembers what a connection gives to resume with, or why there is none. */
  watch(socket: TLSSocket): void {
    socket.once('error', (error) => (this.failure = connectionWords(error)));
    socket.once('secureConnect', () => (this.failure = ''));
    socket.on('session', (session) => (this.session = session));
  }
}
