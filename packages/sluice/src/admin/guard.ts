/**
 * Who may use the admin API. Three attackers: another machine (needs a token or client certificate), a web page that the operator's browser
 * shows and that sends requests to loopback (refused by Origin and Sec-Fetch-Site), and a page whose name resolves to loopback after it
 * was loaded (DNS rebinding; refused by Host, which then is a name and not ours). Sources: Fetch Standard §3.2, W3C Fetch Metadata,
 * Caddy's CVE-2026-27589.
 */
import { isIP, isIPv4 } from 'node:net';
import type { AddressPlan } from '../config/plan.ts';
import { problem } from './problem.ts';
import type { AdminReply } from './problem.ts';

/** The fields of a request that decide; undefined when absent. */
export interface GuardedRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDestination: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
  /** The body may be of any kind. Only for methods for which browsers ask first (Fetch Standard §4.9): PUT. */
  readonly takesContent: boolean;
  /** It asks for a file of the dashboard: no data, and nothing that acts. */
  readonly isPage: boolean;
}

/** The rules for one address. */
export class AdminGuard {
  readonly #address: AddressPlan;
  readonly #isAsking: boolean;

  /**
   * @param isAsking Whether callers have to prove who they are.
   * @throws {Error} when the address can be reached from other machines and nobody has to.
   */
  constructor(address: AddressPlan, isAsking: boolean) {
    const text = address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
    if (!isAsking && !isLocal(address)) {
      throw new Error(
        `admin address "${text}" can be reached from other machines and needs a token: set admin.token, admin.tokens or admin.tls.clientCa in the configuration, or use 127.0.0.1:9900 or unix:/path`,
      );
    }
    this.#address = address;
    this.#isAsking = isAsking;
  }

  /** null when the request may pass as far as it is about where it comes from, else the refusal. */
  refusal(request: GuardedRequest): AdminReply | null {
    if (!this.#isSameSite(request)) return problem(403, 'refused: this request comes from a web page of another site');
    // A page cannot know the token, so only without one does the name matter.
    if (!this.#isAsking && !this.#isOurHost(request.host))
      return problem(421, 'refused: the Host header names neither an IP address nor localhost');
    return null;
  }

  /** null when its body may be read, else the refusal. Asked once it is known who asks. */
  bodyRefusal({ hasBody, takesContent, contentType }: GuardedRequest): AdminReply | null {
    if (!hasBody || takesContent || isJson(contentType)) return null;
    return problem(415, 'a body must be JSON: send "Content-Type: application/json"');
  }

  #isSameSite({ origin, fetchSite, fetchMode, fetchDestination, host, isPage }: GuardedRequest): boolean {
    // A link on another site to the dashboard opens it, in a tab of its own: frames have another destination.
    const isLink = isPage && fetchMode === 'navigate' && fetchDestination === 'document';
    if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none' && !isLink) return false;
    return origin === undefined || (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`));
  }

  #isOurHost(host: string | undefined): boolean {
    // No web page can open a unix socket.
    if (this.#address.kind === 'unix') return true;
    const name = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host ?? '');
    if (name === null) return false;
    const bare = (name[1] ?? name[2] ?? '').toLowerCase();
    return isIP(bare) !== 0 || bare === 'localhost';
  }
}

/** Whether only this machine can reach the address. A name other than localhost may resolve to anything. */
export function isLocal(address: AddressPlan): boolean {
  if (address.kind === 'unix' || address.host === 'localhost' || address.host === '::1') return true;
  return isIPv4(address.host) && address.host.startsWith('127.');
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '');
}
