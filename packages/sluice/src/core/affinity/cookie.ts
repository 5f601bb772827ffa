/**
 * The value of an inserted affinity cookie: `id.expiry.signature`. The id is a keyed hash of the endpoint's address, so that the cookie
 * neither shows nor lets anybody guess an address; the signature binds it to the service and the expiry, so that nobody can make one.
 * Every gateway with the same secrets reads and writes the same values; nothing is stored.
 *
 * Several secrets rotate: the first signs, all verify. Expiries are rounded up to 1/32 of the life, so that an
 * endpoint's value is signed once per such step and not once per reply.
 */
import type { Timestamp } from '../../base/time.ts';

/** Message authentication, injected because core has no cryptography. */
export interface Signer {
  /** Number of keys; key 0 signs. At least 1. */
  readonly keys: number;
  /** At least 128 bits of a MAC, in base64url. */
  sign(text: string, key: number): string;
  /** Compares in constant time. */
  equal(left: string, right: string): boolean;
}

/** What `read` says when a value leads to no endpoint. */
export const FORGED = -2;
/** Rightly signed, but expired, or its endpoint is gone. */
export const STALE = -3;

const VALUE_LENGTH_MAX = 128;
const ID_LENGTH = 16;
const LIFE_STEPS = 32;
/** Values verified lately (with an expiry only); forgotten all at once when full. */
const VERIFIED_MAX = 4096;

export interface CookieEndpoint {
  readonly slot: number;
  readonly address: string;
}

export interface EndpointCookieOptions {
  readonly service: string;
  readonly maxAgeSeconds: number | null;
  readonly signer: Signer;
}

/** What is known of an id: whose it is, and which key made it. */
interface Known {
  readonly slot: number;
  readonly key: number;
  /** The signature without expiry, or of `expiry` when there is one. */
  expiry: string;
  signature: string;
}

export class EndpointCookie {
  readonly #options: EndpointCookieOptions;
  #byId = new Map<string, Known>();
  /** By slot: the id that key 0 makes. */
  #idBySlot = new Map<number, string>();
  readonly #verified = new Map<string, string>();

  constructor(options: EndpointCookieOptions) {
    this.#options = options;
  }

  /** Replaces the endpoints. A few microseconds each. */
  setEndpoints(endpoints: readonly CookieEndpoint[]): void {
    const { service, signer } = this.#options;
    this.#byId = new Map();
    this.#idBySlot = new Map();
    for (const { slot, address } of endpoints) {
      for (let key = 0; key < signer.keys; key++) {
        const id = signer.sign(`endpoint\n${service}\n${address}`, key).slice(0, ID_LENGTH);
        this.#byId.set(id, { slot, key, expiry: '', signature: '' });
        if (key === 0) this.#idBySlot.set(slot, id);
      }
    }
  }

  /**
   * The endpoint that a value from a client names.
   * @returns Its slot, FORGED or STALE.
   */
  read(value: string, wall: Timestamp): number {
    const dot = value.indexOf('.');
    const lastDot = value.lastIndexOf('.');
    if (value.length > VALUE_LENGTH_MAX || dot <= 0 || lastDot <= dot) return FORGED;
    const id = value.slice(0, dot);
    const expiry = value.slice(dot + 1, lastDot);
    const known = this.#byId.get(id);
    if (known === undefined) return this.#isSigned(id, expiry, value.slice(lastDot + 1)) ? STALE : FORGED;
    if (!this.#isGenuine(known, id, expiry, value.slice(lastDot + 1))) return FORGED;
    if (expirySeconds(expiry) <= wall / 1000) return STALE;
    return known.slot;
  }

  /** Whether a value that `read` accepted should be replaced: by an old key, or in the second half of its life. */
  isAgeing(value: string, wall: Timestamp): boolean {
    const dot = value.indexOf('.');
    if (this.#byId.get(value.slice(0, dot))?.key !== 0) return true;
    const { maxAgeSeconds } = this.#options;
    const expiry = value.slice(dot + 1, value.lastIndexOf('.'));
    if (maxAgeSeconds === null) return expiry !== '';
    return expiry === '' || expirySeconds(expiry) - wall / 1000 < maxAgeSeconds / 2;
  }

  /** The value for an endpoint; null when the slot is not known. Signed once per endpoint and step of its life. */
  issue(slot: number, wall: Timestamp): string | null {
    const id = this.#idBySlot.get(slot);
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (id === undefined || known === undefined) return null;
    const expiry = this.#expiryText(wall);
    if (known.signature === '' || known.expiry !== expiry) {
      known.signature = this.#sign(id, expiry, 0);
      known.expiry = expiry;
    }
    return `${id}.${expiry}.${known.signature}`;
  }

  #expiryText(wall: Timestamp): string {
    const { maxAgeSeconds } = this.#options;
    if (maxAgeSeconds === null) return '';
    const step = Math.max(1, Math.floor(maxAgeSeconds / LIFE_STEPS));
    return (Math.ceil((wall / 1000 + maxAgeSeconds) / step) * step).toString(36);
  }

  #sign(id: string, expiry: string, key: number): string {
    return this.#options.signer.sign(`cookie\n${this.#options.service}\n${id}.${expiry}`, key);
  }

  #isGenuine(known: Known, id: string, expiry: string, signature: string): boolean {
    const { signer } = this.#options;
    if (known.signature !== '' && known.expiry === expiry) return signer.equal(known.signature, signature);
    const text = `${id}.${expiry}`;
    const verified = this.#verified.get(text);
    if (verified !== undefined) return signer.equal(verified, signature);
    const expected = this.#sign(id, expiry, known.key);
    if (!signer.equal(expected, signature)) return false;
    if (this.#verified.size >= VERIFIED_MAX) this.#verified.clear();
    this.#verified.set(text, expected);
    return true;
  }

  /** Signed by any of our keys, for an endpoint that we do not have. */
  #isSigned(id: string, expiry: string, signature: string): boolean {
    const { signer } = this.#options;
    for (let key = 0; key < signer.keys; key++) if (signer.equal(this.#sign(id, expiry, key), signature)) return true;
    return false;
  }
}

/** Seconds since 1970; Infinity for a value without expiry. */
function expirySeconds(expiry: string): number {
  return expiry === '' ? Infinity : parseInt(expiry, 36);
}
