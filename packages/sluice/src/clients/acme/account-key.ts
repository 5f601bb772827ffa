/**
 * The key of an ACME account: signs every request (JWS with nonce and URL, RFC 8555 §6.2), answers for the challenges (§8.1) and is bound
 * to an account that the authority already knows where it asks for that (§7.3.4).
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, FlattenedSign, type JWK } from 'jose';

/** From the authority, for external account binding. */
export interface ExternalAccount {
  readonly keyId: string;
  /** Base64url. Secret. */
  readonly hmacKey: string;
}

/** What a signed request is about. */
export interface SignedHeader {
  readonly nonce: string;
  readonly url: string;
  /** The account's URL; null before there is one: then the key itself is in the header. */
  readonly accountUrl: string | null;
}

/** A new key for an account: ECDSA on P-256, PKCS #8 PEM. */
export function makeAccountKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export class AccountKey {
  readonly #key: KeyObject;
  readonly #algorithm: 'ES256' | 'RS256';
  readonly #jwk: JWK;
  readonly #thumbprint: string;

  private constructor(key: KeyObject, jwk: JWK, thumbprint: string) {
    this.#key = key;
    this.#algorithm = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
    this.#jwk = jwk;
    this.#thumbprint = thumbprint;
  }

  /** @param pem A P-256 or RSA key. @throws when it is another. */
  static async fromPem(pem: string): Promise<AccountKey> {
    const key = createPrivateKey(pem);
    const isUsable = key.asymmetricKeyType === 'rsa' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    if (!isUsable) throw new Error('the account key must be an ECDSA key on P-256 or an RSA key');
    const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
    return new AccountKey(key, jwk, await calculateJwkThumbprint(jwk, 'sha256'));
  }

  /** The body of a request. @param payload Null asks without changing anything (POST-as-GET, RFC 8555 §6.3). */
  async sign(payload: object | null, { nonce, url, accountUrl }: SignedHeader): Promise<string> {
    const who = accountUrl === null ? { jwk: this.#jwk } : { kid: accountUrl };
    const bytes = Buffer.from(payload === null ? '' : JSON.stringify(payload));
    const jws = await new FlattenedSign(bytes).setProtectedHeader({ alg: this.#algorithm, nonce, url, ...who }).sign(this.#key);
    return JSON.stringify(jws);
  }

  /** RFC 8555 §7.3.4: this key, signed with what the authority gave. */
  async bind(external: ExternalAccount, newAccountUrl: string): Promise<object> {
    return new FlattenedSign(Buffer.from(JSON.stringify(this.#jwk)))
      .setProtectedHeader({ alg: 'HS256', kid: external.keyId, url: newAccountUrl })
      .sign(Buffer.from(external.hmacKey, 'base64url'));
  }

  /** RFC 8555 §8.1. */
  keyAuthorization(token: string): string {
    return `${token}.${this.#thumbprint}`;
  }
}
