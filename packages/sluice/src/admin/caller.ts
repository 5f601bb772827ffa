/**
 * Who asks: a token, a client certificate, or, without either configured, whoever reaches loopback or the unix socket. Wrong tokens are
 * counted by address: after 10 within a minute further ones from there are refused without being compared, so that guessing is no use even
 * of short tokens. The table is bounded; when it is full, the oldest count is forgotten.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../base/time.ts';
import type { AdminSettings } from '../config/observe-plan.ts';
import { AccessTokens, bearerToken } from './access-tokens.ts';
import type { Caller } from './bindings.ts';
import { certificateHolder } from './client-certificates.ts';
import { type AdminReply, problem } from './problem.ts';

export const TRIES_MAX = 10;
export const TRIES_WINDOW_MS = 60_000;
const ADDRESSES_MAX = 4_096;

/** Where nobody has to prove anything: the machine's own users. */
const LOCAL: Caller = { name: 'local', scope: 'admin' };

interface Tries {
  count: number;
  readonly since: Instant;
}

export type Identified = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly reply: AdminReply };

export class Callers {
  readonly #tokens: AccessTokens;
  readonly #tls: AdminSettings['tls'];
  /** By address; oldest first. Kept over a reload, or a reload would be a way round it. */
  readonly #tries: Map<string, Tries>;

  constructor(settings: Pick<AdminSettings, 'token' | 'tokens' | 'tls'>, before: Callers | null = null) {
    this.#tokens = new AccessTokens(settings.token, settings.tokens);
    this.#tls = settings.tls;
    this.#tries = before === null ? new Map<string, Tries>() : before.#tries;
  }

  /** Whether callers have to prove who they are. */
  get isAsking(): boolean {
    return !this.#tokens.isEmpty || this.#asksCertificate;
  }

  get #asksCertificate(): boolean {
    return this.#tls !== null && this.#tls.clientCaFile !== null;
  }

  /** A certificate that is known counts more than no token; a token that is given is looked at first. @param from The client's address. */
  identify(authorization: string | undefined, socket: Socket, from: string, now: Instant): Identified {
    if (!this.isAsking) return { ok: true, caller: LOCAL };
    if (authorization !== undefined && !this.#tokens.isEmpty) return this.#byToken(authorization, from, now);
    if (this.#asksCertificate) {
      const holder = certificateHolder(socket, this.#tls!.clients);
      if (holder.is === 'known') return { ok: true, caller: holder.caller };
      if (holder.is === 'stranger') return { ok: false, reply: problem(403, holder.problem) };
    }
    return { ok: false, reply: this.#unknown() };
  }

  #byToken(authorization: string, from: string, now: Instant): Identified {
    const waitMs = this.#blockedMs(from, now);
    if (waitMs > 0) {
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) };
      return { ok: false, reply: problem(429, `${TRIES_MAX} wrong tokens came from this address within a minute; wait`, {}, headers) };
    }
    const caller = this.#tokens.find(bearerToken(authorization));
    if (caller !== null) return { ok: true, caller };
    this.#failed(from, now);
    const detail =
      'this token is not known: the configuration (admin.token, admin.tokens) has another one (sluice commands read SLUICE_ADMIN_TOKEN)';
    return { ok: false, reply: problem(401, detail, {}, { 'www-authenticate': 'Bearer realm="sluice"' }) };
  }

  #unknown(): AdminReply {
    const detail = this.#tokens.isEmpty
      ? 'the admin API needs a client certificate (sluice commands read SLUICE_ADMIN_CERT and SLUICE_ADMIN_KEY)'
      : 'the admin API needs a token: send "Authorization: Bearer TOKEN" (sluice commands read SLUICE_ADMIN_TOKEN)';
    return this.#tokens.isEmpty ? problem(403, detail) : problem(401, detail, {}, { 'www-authenticate': 'Bearer realm="sluice"' });
  }

  #blockedMs(from: string, now: Instant): number {
    const tries = this.#tries.get(from);
    if (tries === undefined || tries.count < TRIES_MAX) return 0;
    return Math.max(0, tries.since + TRIES_WINDOW_MS - now);
  }

  #failed(from: string, now: Instant): void {
    const tries = this.#tries.get(from);
    if (tries !== undefined && now - tries.since < TRIES_WINDOW_MS) {
      tries.count++;
      return;
    }
    this.#tries.delete(from);
    if (this.#tries.size >= ADDRESSES_MAX) this.#tries.delete(this.#tries.keys().next().value!);
    this.#tries.set(from, { count: 1, since: now });
  }
}

/** What counts as one place: an IPv4 address, or the /64 of an IPv6 one, of which each customer has at least one. */
export function placeOf(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  if (!address.includes(':')) return address;
  if (address.startsWith('::ffff:')) return address.slice(7);
  const [head = '', tail = ''] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  if (!address.includes('::')) return left.slice(0, 4).join(':');
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right].slice(0, 4).join(':');
}
