/**
 * Who may use the admin API. Three attackers: another machine (needs the token), a web page that the operator's browser shows and that
 * sends requests to loopback (refused by Origin and Sec-Fetch-Site), and a page whose name resolves to loopback after it was loaded
 * (DNS rebinding; refused by Host, which then is a name and not ours). Sources: Fetch Standard §3.2, W3C Fetch Metadata,
 * Caddy's CVE-2026-27589.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import type { AddressPlan } from '../config/plan.ts';
import { problem } from './problem.ts';
import type { AdminReply } from './problem.ts';

/** Shorter ones can be guessed. */
const TOKEN_LENGTH_MIN = 16;

/** The fields of a request that decide; '' or undefined when absent. */
export interface GuardedRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
  /** The body may be of any kind. Only for methods for which browsers ask first (Fetch Standard §4.9): PUT. */
  readonly takesContent: boolean;
}

/** The rules for one address. */
export class AdminGuard {
  readonly #token: Buffer | null;
  readonly #address: AddressPlan;

  /** @throws {Error} when the address can be reached from other machines and there is no token, or the token is too short. */
  constructor(address: AddressPlan, token: string | null) {
    const text = address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
    if (token === null && !isLocal(address)) {
      throw new Error(
        `admin address "${text}" can be reached from other machines and needs a token: set admin.token in the configuration (${TOKEN_LENGTH_MIN} characters or more), or use 127.0.0.1:9900 or unix:/path`,
      );
    }
    if (token !== null && token.length < TOKEN_LENGTH_MIN) {
      throw new Error(`the admin token must have ${TOKEN_LENGTH_MIN} characters or more, it has ${token.length}`);
    }
    this.#address = address;
    this.#token = token === null ? null : digest(token);
  }

  /** null when the request may pass, else the refusal. */
  refusal(request: GuardedRequest): AdminReply | null {
    if (!this.#isSameSite(request)) {
      return problem(403, 'refused: this request comes from a web page of another site');
    }
    if (this.#token !== null && !this.#hasToken(request.authorization)) {
      const headers = { 'www-authenticate': 'Bearer realm="sluice"' };
      return problem(
        401,
        'the admin API needs a token: send "Authorization: Bearer TOKEN" (sluice commands read SLUICE_ADMIN_TOKEN)',
        {},
        headers,
      );
    }
    // A page cannot know the token, so only without one does the name matter.
    if (this.#token === null && !this.#isOurHost(request.host)) {
      return problem(421, 'refused: the Host header names neither an IP address nor localhost');
    }
    if (request.hasBody && !request.takesContent && !isJson(request.contentType)) {
      return problem(415, 'a body must be JSON: send "Content-Type: application/json"');
    }
    return null;
  }

  #isSameSite({ origin, fetchSite, host }: GuardedRequest): boolean {
    if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false;
    return origin === undefined || (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`));
  }

  /** Compares digests, so that neither content nor length shows in the time it takes. */
  #hasToken(authorization: string | undefined): boolean {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), this.#token!);
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

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
