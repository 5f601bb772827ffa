/** What the gateway's process and the one that orders certificates say to each other, over a pipe that only the two of them have. */
import type { AcmeSettings } from '../../config/compile.ts';
import type { AcmeChallengesPlan } from '../../config/plan.ts';
import type { IssuedCertificate, OrderRefusal, PastFailures } from './issuer.ts';

/** A question to the issuer. */
export type IssuingCall =
  | { readonly method: 'stored'; readonly names: readonly string[] }
  | { readonly method: 'issue'; readonly names: readonly string[]; readonly previous: IssuedCertificate | null }
  | { readonly method: 'renewalInfo'; readonly certificate: string }
  | { readonly method: 'remember'; readonly names: readonly string[]; readonly past: PastFailures | null };

export type ToIssuing =
  /** The first message. */
  | { readonly type: 'settings'; readonly settings: AcmeSettings }
  | { readonly type: 'call'; readonly id: number; readonly call: IssuingCall }
  /** It is not wanted any more; answered all the same. */
  | { readonly type: 'abort'; readonly id: number }
  /** The workers show what `publish` of this number said, or not. */
  | { readonly type: 'published'; readonly id: number; readonly error: string | null };

export type FromIssuing =
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly refusal: OrderRefusal }
  /** Show exactly these proofs. */
  | { readonly type: 'publish'; readonly id: number; readonly challenges: AcmeChallengesPlan };
