/** Why a forward proxy refuses, in the words of its access log, its metrics and its replies. */
export const DENIALS = ['auth', 'client', 'host', 'port', 'private', 'loop'] as const;
export type Denial = (typeof DENIALS)[number];

/** In the access log. */
export type DenialOutcome = `denied-${Exclude<Denial, 'client'>}`;
