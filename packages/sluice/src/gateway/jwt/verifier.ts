/**
 * Verifies tokens of some issuers (RFC 7519, RFC 8725). The issuer is found by `iss`, its key by `kid` and algorithm, the algorithm by the key: nothing of a token chooses what it is
 * verified by beyond that. What was verified is remembered with its times, so that a repeated token costs a look-up; it is forgotten when its issuer's keys change.
 *
 * Cost: a repeated token 1 µs; else what the signature costs (ES256: 150 µs, on another thread). Bounds: 8192 tokens or 8 MiB of them per generation, 256 verifications at a time.
 */
import { isUtf8 } from 'node:buffer';
import { compactVerify } from 'jose';
import type { JwtClaimPlan, JwtIssuerPlan } from '../../config/filters/jwt-plan.ts';
import { type Claims, areSufficient, claimTimes } from '../../core/jwt/claims.ts';
import { isTokenShaped } from '../../core/jwt/token-text.ts';
import type { VerifyKey } from '../../io/jwk-set.ts';
import { RecentMap } from '../credentials/recent-map.ts';
import type { SharedPart } from '../filters/shared-parts.ts';
import type { KeySource } from './key-source.ts';

/** A token whose signature is good. */
export interface VerifiedToken {
  readonly claims: Claims;
  /** Whether its claims say what is required. */
  readonly isSufficient: boolean;
  /** Wall clock, skew added. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly source: KeySource;
  readonly generation: number;
}

/** `unavailable`: the issuer's keys cannot be had now. `busy`: too many are being verified. */
export type TokenRefusal = 'invalid' | 'unavailable' | 'busy';
export type TokenResult<Token> = Token | TokenRefusal;

export interface VerifierOptions<Token extends VerifiedToken> {
  readonly issuers: readonly JwtIssuerPlan[];
  source(issuer: JwtIssuerPlan): KeySource;
  /** What is remembered of a token. */
  wrap(token: VerifiedToken): Token;
}

interface Issuer {
  readonly plan: JwtIssuerPlan;
  readonly required: readonly JwtClaimPlan[];
  readonly source: KeySource;
}

interface Header {
  readonly crit?: unknown;
  readonly alg?: unknown;
  readonly kid?: unknown;
  readonly typ?: unknown;
}

const TOKENS_MAX = 8_192;
const CHARACTERS_MAX = 8 * 1024 * 1024;
const PENDING_MAX = 256;
/** Of these, those that wait for keys: tokens with invented key ids must not keep good ones out while an issuer is slow. */
const WAITING_MAX = 128;
/** Keys that are tried for a token without `kid`: more would make one token cost as much as ten. */
const TRIED_MAX = 4;

export class Verifier<Token extends VerifiedToken> implements SharedPart {
  private readonly issuers: ReadonlyMap<unknown, Issuer>;
  private readonly options: VerifierOptions<Token>;
  private readonly known = new RecentMap<Token>(TOKENS_MAX, CHARACTERS_MAX);
  private readonly pending = new Map<string, Promise<TokenResult<Token>>>();
  private waiting = 0;

  constructor(options: VerifierOptions<Token>) {
    this.options = options;
    this.issuers = new Map(options.issuers.map((plan) => [plan.issuer, { plan, required: plan.required, source: options.source(plan) }]));
  }

  /** What is known of credentials that were verified before; null: nothing, or it no longer holds. @param wallMs Now. */
  recall(credentials: string, wallMs: number): Token | null {
    const token = this.known.get(credentials);
    if (token === undefined) return null;
    const { source } = token;
    if (source.current() === null || token.generation !== source.generation || wallMs >= token.untilMs || wallMs < token.fromMs) {
      this.known.delete(credentials);
      return null;
    }
    return token;
  }

  /** Verifies a token. @param credentials What it is remembered by: the token, or the field it came in. */
  verify(token: string, credentials: string, wallMs: number): TokenResult<Token> | Promise<TokenResult<Token>> {
    if (!isTokenShaped(token)) return 'invalid';
    const waiting = this.pending.get(credentials);
    if (waiting !== undefined) return waiting;
    if (this.pending.size >= PENDING_MAX) return 'busy';
    const result = this.run(token, credentials, wallMs);
    this.pending.set(credentials, result);
    return result;
  }

  /** Under way is what it is: it settles by itself. */
  close(): void {
    this.pending.clear();
  }

  private async run(token: string, credentials: string, wallMs: number): Promise<TokenResult<Token>> {
    try {
      const found = await this.examine(token, wallMs);
      if (typeof found !== 'string') this.known.set(credentials, found);
      return found;
    } finally {
      this.pending.delete(credentials);
    }
  }

  private async examine(token: string, wallMs: number): Promise<TokenResult<Token>> {
    const first = token.indexOf('.');
    const header = jsonObject(token.slice(0, first)) as Header | null;
    const claims = jsonObject(token.slice(first + 1, token.lastIndexOf('.')));
    if (header === null || claims === null || header.crit !== undefined) return 'invalid'; // no extension changes what a JWT is (RFC 7797 §7)
    const issuer = this.issuers.get(claims['iss']);
    if (issuer === undefined || !isOfType(header.typ, issuer.plan.type)) return 'invalid';
    // Before anything is computed: a token that is out of time is not worth a signature.
    const times = claimTimes(claims, issuer.plan);
    if (times === null || wallMs >= times.untilMs || wallMs < times.fromMs) return 'invalid';
    const keys = this.keysNow(issuer.source, header) ?? (await this.keysLater(issuer.source, header));
    if (keys === null) return 'unavailable';
    const { generation } = issuer.source;
    for (const { key, algorithms } of keys) {
      if (!(await isSigned(token, key, algorithms))) continue;
      const { source, required } = issuer;
      return this.options.wrap({ claims, isSufficient: areSufficient(claims, required), ...times, source, generation });
    }
    return 'invalid';
  }

  /** Keys that may have signed it; null: none that is here. */
  private keysNow(source: KeySource, { alg, kid }: Header): readonly VerifyKey[] | null {
    if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) return [];
    const found = fitting(source.current(), alg, kid);
    return found === null || found.length === 0 ? null : found;
  }

  /** The same once the keys were fetched anew; null: no keys can be had. */
  private async keysLater(source: KeySource, header: Header): Promise<readonly VerifyKey[] | null> {
    if (this.waiting < WAITING_MAX) {
      this.waiting++;
      await source.refresh();
      this.waiting--;
    }
    return this.keysNow(source, header) ?? (source.current() === null ? null : []);
  }
}

async function isSigned(token: string, key: VerifyKey['key'], algorithms: readonly string[]): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: algorithms as string[] });
    return true;
  } catch {
    return false;
  }
}

function fitting(keys: readonly VerifyKey[] | null, alg: string, kid: string | undefined): readonly VerifyKey[] | null {
  if (keys === null) return null;
  return keys
    .filter(({ id, algorithms }) => algorithms.includes(alg) && (id === null || kid === undefined || id === kid))
    .slice(0, TRIED_MAX);
}

function isOfType(typ: unknown, wanted: string | null): boolean {
  return wanted === null || (typeof typ === 'string' && typ.toLowerCase().replace('application/', '') === wanted);
}

/** RFC 7515 §5.2: UTF-8 JSON, an object. */
function jsonObject(part: string): Readonly<Record<string, unknown>> | null {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
