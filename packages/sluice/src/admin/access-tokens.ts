/** Bearer tokens of the admin API. Only digests are kept; each try is compared with all of them in the same time, whichever fits. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdminToken } from '../config/observe-plan.ts';
import type { Caller } from './bindings.ts';

/** Shorter ones can be guessed. */
export const TOKEN_LENGTH_MIN = 16;

interface Known {
  readonly digest: Buffer;
  readonly caller: Caller;
}

export class AccessTokens {
  readonly #known: readonly Known[];

  /** @param token One with all rights, in the clear; null for none. @throws {Error} when it is too short. */
  constructor(token: string | null, tokens: readonly AdminToken[]) {
    if (token !== null && token.length < TOKEN_LENGTH_MIN)
      throw new Error(`the admin token must have ${TOKEN_LENGTH_MIN} characters or more, it has ${token.length}`);
    const known = tokens.map(({ name, sha256, scope }): Known => ({ digest: Buffer.from(sha256, 'hex'), caller: { name, scope } }));
    if (token !== null) known.push({ digest: digestOf(token), caller: { name: 'token', scope: 'admin' } });
    this.#known = known;
  }

  get isEmpty(): boolean {
    return this.#known.length === 0;
  }

  /** Whose token it is; null when nobody's. Neither content nor length shows in the time it takes. */
  find(token: string): Caller | null {
    const given = digestOf(token);
    let found: Caller | null = null;
    for (const { digest, caller } of this.#known) if (timingSafeEqual(digest, given)) found = caller;
    return found;
  }
}

/** The token in an Authorization field; '' when there is none (RFC 6750 §2.1). */
export function bearerToken(authorization: string): string {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
