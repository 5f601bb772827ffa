/**
 * Options of `ip`: which clients are let in. In this order: `deny`, `allow`, `denyCountries`, `allowCountries`; the first that says something decides. What none of them names is let in unless
 * there is a list of who is: `allowCountries`, or `allow` without any countries.
 */
export interface IpPlan {
  /** CIDRs in canonical form. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** ISO 3166-1 alpha-2, upper case. */
  readonly allowCountries: readonly string[];
  readonly denyCountries: readonly string[];
  /** A MaxMind database that says where addresses are; null: no countries are asked for. `version` changes with its content. */
  readonly database: { readonly path: string; readonly version: string } | null;
  /** What becomes of addresses of which the database says nothing. */
  readonly unknownCountry: 'allow' | 'deny';
  readonly status: number;
}
