/**
 * The proofs that our listeners show to ACME servers, of all orders under way. Each change is published as a whole, and the order goes on only when
 * every worker knows: a server looks once, and where it likes.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/time.ts';
import type { AcmeChallenge, ChallengeResponder } from '../../clients/acme/client.ts';
import type { AcmeChallengesPlan } from '../../config/plan.ts';
import { makeAlpnCertificate } from '../../io/x509/alpn-certificate.ts';
import type { RandomBytes } from '../../io/x509/library.ts';

export interface ChallengeBoardOptions {
  readonly clock: Clock;
  /** Resolves when every worker shows exactly these. */
  readonly publish: (challenges: AcmeChallengesPlan) => Promise<void>;
  /** Default: `node:crypto`'s. */
  readonly random?: RandomBytes;
}

export class ChallengeBoard implements ChallengeResponder {
  readonly #options: ChallengeBoardOptions;
  #http: AcmeChallengesPlan['http'] = [];
  #tls: (AcmeChallengesPlan['tls'][number] & { readonly token: string })[] = [];

  constructor(options: ChallengeBoardOptions) {
    this.#options = options;
  }

  /** What is shown now. */
  get challenges(): AcmeChallengesPlan {
    return { http: this.#http, tls: this.#tls.map(({ name, certPem, keyPem }) => ({ name, certPem, keyPem })) };
  }

  async present(challenges: readonly AcmeChallenge[], signal: AbortSignal): Promise<void> {
    const { clock, publish, random = randomBytes } = this.#options;
    for (const { kind, name, token, keyAuthorization } of challenges) {
      signal.throwIfAborted();
      switch (kind) {
        case 'http-01':
          this.#http = [...this.#http, { token, keyAuthorization }];
          break;
        case 'tls-alpn-01': {
          const pair = await makeAlpnCertificate({ name, keyAuthorization, now: clock.wall(), random });
          // Two orders for one name at once: the later proof counts, since a hello names no order.
          this.#tls = [{ name, token, ...pair }, ...this.#tls];
          break;
        }
      }
    }
    await publish(this.challenges);
  }

  /** A proof that stays a little longer, because the workers could not be told, harms nobody: the next change takes it away. */
  async remove(challenges: readonly AcmeChallenge[]): Promise<void> {
    const tokens = new Set(challenges.map(({ token }) => token));
    this.#http = this.#http.filter(({ token }) => !tokens.has(token));
    this.#tls = this.#tls.filter(({ token }) => !tokens.has(token));
    await this.#options.publish(this.challenges).catch(() => {});
  }
}
