/**
 * `jwt`: lets in who shows a good token, and tells the service who that is. Headers that say so are taken out of every request first, so that nobody says it but us. Verified tokens, key
 * sets and answers about revocation are shared by all routes of a worker that ask for the same.
 */
import type { JwtIssuerPlan, JwtPlan } from '../../config/filters/jwt-plan.ts';
import { claimAt, frozen } from '../../core/jwt/claims.ts';
import { claimText } from '../../core/jwt/claim-text.ts';
import { bearerToken } from '../../core/jwt/token-text.ts';
import { readKeys, secretKey } from '../../io/jwk-set.ts';
import { partName } from '../credentials/part-name.ts';
import { type CompiledEdits, dropsOf } from '../exchange/header-edits.ts';
import { GivenKeys, type KeySource, RemoteKeys } from '../jwt/key-source.ts';
import { Revocation, type Standing } from '../jwt/revocation.ts';
import { revocationStore } from '../jwt/revocation-store.ts';
import { bearerField, stripToken, tokenElsewhere, type TokenPlace } from '../jwt/token-place.ts';
import { type TokenResult, type VerifiedToken, Verifier } from '../jwt/verifier.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

/** A good token, with what it does to a request. */
interface KnownToken extends VerifiedToken {
  readonly user: string;
  readonly edits: CompiledEdits;
}

export const filter: FilterModule<'jwt'> = {
  create: (options, context) => new JwtStage(options, context),
};

class JwtStage implements Stage {
  private readonly options: JwtPlan;
  private readonly context: FilterContext;
  private readonly verifier: Verifier<KnownToken>;
  private readonly revocation: Revocation | null;
  private readonly isElsewhere: boolean;
  /** For requests without a token. */
  private readonly anonymous: CompiledEdits;

  constructor(options: JwtPlan, context: FilterContext) {
    this.options = options;
    this.context = context;
    this.isElsewhere = options.cookie !== null || options.query !== null;
    this.anonymous = { drops: dropsOf(options.claimsToHeaders.map(([name]) => name)), lines: '' };
    const sources = new Map(options.issuers.map((issuer) => [issuer, sourceOf(issuer, context)]));
    this.verifier = context.shared.get(partName('jwt', [options.issuers, options.claimsToHeaders]), () => {
      const source = (issuer: JwtIssuerPlan): KeySource => sources.get(issuer)!;
      return new Verifier({ issuers: options.issuers, source, wrap: (token) => this.known(token) });
    });
    this.revocation = options.revocation === null ? null : revocationOf(options.revocation, context);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const field = bearerField(pass.view);
    if (this.isElsewhere) {
      const found = tokenElsewhere(pass.view, this.options.cookie, this.options.query);
      if (found === 'both' || (found !== null && field !== null)) return this.refuse(pass, 400, 'invalid_request');
      if (found !== null) return this.decide(pass, found.place, found.token, found.token);
    }
    if (field !== null) return this.decide(pass, 'header', null, field);
    if (!this.options.isOptional) return this.refuse(pass, 401, '');
    if (this.anonymous.drops !== '') pass.edit(this.anonymous);
    return PASS;
  }

  /** @param token Null: within `credentials`. */
  private decide(pass: RequestPass, place: TokenPlace, token: string | null, credentials: string): FilterVerdict {
    const wallMs = this.context.worker.clock.wall();
    const known = this.verifier.recall(credentials, wallMs);
    if (known !== null) {
      const verdict = this.settle(pass, place, known);
      return typeof verdict === 'number' ? verdict : pass.wait(verdict);
    }
    const result = this.verifier.verify(token ?? bearerToken(credentials), credentials, wallMs);
    if (result instanceof Promise) return pass.wait(result.then((found) => this.settle(pass, place, found)));
    return this.settle(pass, place, result) as FilterVerdict;
  }

  private settle(pass: RequestPass, place: TokenPlace, result: TokenResult<KnownToken>): FilterVerdict | Promise<FilterVerdict> {
    if (pass.exchange.isOver) return PASS;
    if (result === 'invalid') return this.refuse(pass, 401, 'invalid_token');
    if (typeof result === 'string') return pass.answer({ status: 503, fields: 'Retry-After: 5\r\n' });
    if (!result.isSufficient) return this.refuse(pass, 403, 'insufficient_scope');
    if (this.revocation === null) return this.admit(pass, place, result);
    const standing = this.revocation.of(result.claims);
    if (typeof standing === 'string') return this.judge(pass, place, result, standing);
    return standing.then((found) => this.judge(pass, place, result, found));
  }

  private judge(pass: RequestPass, place: TokenPlace, token: KnownToken, standing: Standing): FilterVerdict {
    if (pass.exchange.isOver) return PASS;
    if (standing === 'good') return this.admit(pass, place, token);
    if (standing === 'revoked') return this.refuse(pass, 401, 'invalid_token');
    return pass.answer({ status: 503, fields: 'Retry-After: 5\r\n' });
  }

  private admit(pass: RequestPass, place: TokenPlace, { claims, user, edits }: KnownToken): FilterVerdict {
    pass.exchange.claims = claims;
    pass.exchange.user = user;
    if (edits.drops !== '') pass.edit(edits);
    if (!this.options.forwardsToken) stripToken(pass, place, (place === 'query' ? this.options.query : this.options.cookie) ?? '');
    return PASS;
  }

  /** RFC 6750 §3. Why a token is bad is its owner's affair, and an attacker's hint. @param error Empty: no token was shown. */
  private refuse(pass: RequestPass, status: 400 | 401 | 403, error: string): FilterVerdict {
    const challenge = `Bearer realm="${this.options.realm}"${error === '' ? '' : `, error="${error}"`}`;
    return pass.answer({ status, fields: `WWW-Authenticate: ${challenge}\r\n` });
  }

  private known(token: VerifiedToken): KnownToken {
    let lines = '';
    for (const [name, claim] of this.options.claimsToHeaders) {
      const text = claimText(claimAt(token.claims, claim));
      if (text !== null) lines += `${name}: ${text}\r\n`;
    }
    const { sub } = token.claims;
    return {
      ...token,
      claims: frozen(token.claims),
      user: typeof sub === 'string' ? sub : '',
      edits: { drops: this.anonymous.drops, lines },
    };
  }
}

function sourceOf({ keys, algorithms }: JwtIssuerPlan, { shared, worker }: FilterContext): KeySource {
  if (keys.kind === 'secret') return new GivenKeys([secretKey(keys.secret, algorithms)]);
  if (keys.kind === 'text') return new GivenKeys(readKeys(keys.text, algorithms).keys);
  const source = shared.get(partName('jwks', [keys, algorithms]), () => {
    const event: RemoteKeys['options']['event'] = (level, what, detail) => worker.event(level, what, detail);
    return new RemoteKeys({ ...keys, algorithms, clock: worker.clock, random: worker.random, event });
  });
  source.current(); // begins to fetch them
  return source;
}

function revocationOf(plan: NonNullable<JwtPlan['revocation']>, { shared, worker }: FilterContext): Revocation {
  const store = worker.plan.stores.find(({ name }) => name === plan.store)!;
  return shared.get(partName('revocation', [plan, store]), () => {
    const client = revocationStore(store, worker);
    return new Revocation(client, plan, store.prefix, worker.clock);
  });
}
