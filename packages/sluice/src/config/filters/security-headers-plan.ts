/** Options of `securityHeaders`: what browsers are told to be careful about. */
export interface SecurityHeadersPlan {
  /** Name and value, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Strict-Transport-Security, said over TLS alone; empty: never. */
  readonly hsts: string;
  /** Lower-case names that replies do not say. */
  readonly removes: readonly string[];
  /** In place of what the service says itself. */
  readonly overrides: boolean;
}
