/** Options of `jwt`: whose tokens are good, for what, and what of them goes on. Durations in milliseconds. */
export interface JwtPlan {
  /** Each `issuer` once. */
  readonly issuers: readonly JwtIssuerPlan[];
  /** Cookie and query parameter that a token may also come in; null: none. `Authorization: Bearer` always counts. */
  readonly cookie: string | null;
  readonly query: string | null;
  /** In WWW-Authenticate. */
  readonly realm: string;
  /** Whether a request without a token passes, as nobody's. A bad token is refused all the same. */
  readonly isOptional: boolean;
  /** Header of the request to the service, and the claim that fills it. */
  readonly claimsToHeaders: readonly (readonly [header: string, claim: string])[];
  /** Whether the service sees the token. */
  readonly forwardsToken: boolean;
  /** Tokens taken back before they expire; null: none are. */
  readonly revocation: JwtRevocationPlan | null;
}

export interface JwtIssuerPlan {
  /** As `iss` says it. */
  readonly issuer: string;
  /** `aud` must name one of them; empty: not looked at. */
  readonly audiences: readonly string[];
  readonly keys: JwtKeysPlan;
  /** Empty: all that the type of the key allows. */
  readonly algorithms: readonly string[];
  /** What `typ` must be, lower case, without `application/`; null: anything. */
  readonly type: string | null;
  readonly clockSkewMs: number;
  /** Since `iat`; null: any. */
  readonly maxAgeMs: number | null;
  readonly requiresExpiry: boolean;
  readonly required: readonly JwtClaimPlan[];
}

export type JwtKeysPlan =
  /** A key set that each worker fetches. `staleMs`: how long it is good for when it cannot be fetched again. */
  | { readonly kind: 'url'; readonly url: string; readonly refreshMs: number; readonly staleMs: number; readonly timeoutMs: number }
  /** A key set (JSON) or PEM. `file` is read into `text` before the plan goes anywhere; null: it stood in the configuration. */
  | { readonly kind: 'text'; readonly file: string | null; readonly text: string }
  /** For HS256, HS384, HS512 alone. */
  | { readonly kind: 'secret'; readonly secret: string };

/** What a claim must be. `contains`: all values, in a list or among the words of a text; `one-of`: it is one of the values. */
export interface JwtClaimPlan {
  /** Name, or a path: `realm_access.roles`. */
  readonly claim: string;
  readonly test: 'one-of' | 'contains';
  readonly values: readonly (string | number | boolean)[];
}

/** A token is revoked while the store has the key `PREFIX` and the claim. */
export interface JwtRevocationPlan {
  readonly store: string;
  readonly by: 'jti' | 'sub';
  readonly prefix: string;
  /** What a request gets that the store cannot be asked for: it passes, or 503. */
  readonly without: 'open' | 'closed';
  /** How long an answer is remembered. */
  readonly cacheMs: number;
}
