/** What a worker and its thread of libmodsecurity say to each other. */
import type { ModSecurityRequest, ModSecurityVerdict } from '../../io/modsecurity.ts';

export interface ModSecurityQuestion {
  readonly id: number;
  readonly request: ModSecurityRequest;
  /** Wall clock, ms: nobody waits for the answer after it. */
  readonly expires: number;
}

export type ModSecurityAnswer =
  | { readonly kind: 'ready' }
  /** Its rules or the library cannot be used; the thread ends. */
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'verdict'; readonly id: number; readonly verdict: ModSecurityVerdict | null };
