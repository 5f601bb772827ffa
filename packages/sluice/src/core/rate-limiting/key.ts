/**
 * What a limit counts by: the parts of a request that make its key, hashed one after the other into 64 bits (`half-sip-hash.ts`); no text is kept. First goes what tells limits apart, so that
 * two limits, or one before and after its figures have changed, never share a count.
 */
import { AddressWords } from './address-words.ts';
import type { HalfSipHash } from './half-sip-hash.ts';

export type KeyPart =
  | {
      readonly kind: 'address';
      /** Bits of the network, 0..32; 32 is each address alone. */
      readonly ipv4Prefix: number;
      /** 0..128; 64 is what one client has. */
      readonly ipv6Prefix: number;
    }
  /** @property name Lower case. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  /** @property name Of a claim of the request's checked token. */
  | { readonly kind: 'claim'; readonly name: string }
  | { readonly kind: 'route' }
  | { readonly kind: 'method' }
  | { readonly kind: 'constant'; readonly value: string };

/** Where parts are read from; null = the request has none. */
export interface KeySource {
  readonly address: string | null;
  readonly method: string;
  readonly route: string;
  header(name: string): string | null;
  cookie(name: string): string | null;
  claim(name: string): string | null;
}

export const IPV4_PREFIX = 32;
export const IPV6_PREFIX = 64;

export class LimitKey {
  readonly #salt: string;
  readonly #parts: readonly KeyPart[];
  readonly #networks: readonly (AddressWords | null)[];

  /** @param salt The limit's name and all of its figures. @param parts In an order that stays; none: all requests have one key. */
  constructor(salt: string, parts: readonly KeyPart[]) {
    this.#salt = salt;
    this.#parts = parts;
    this.#networks = parts.map((part) => (part.kind === 'address' ? new AddressWords(part.ipv4Prefix, part.ipv6Prefix) : null));
  }

  /**
   * Hashes a request's key.
   * @returns False when a part is missing. The hash is then that of all requests without that part.
   */
  hash(source: KeySource, hash: HalfSipHash): boolean {
    let isWhole = true;
    hash.begin();
    hash.text(this.#salt);
    for (let index = 0; index < this.#parts.length; index++) {
      if (!this.#add(this.#parts[index]!, this.#networks[index]!, source, hash)) isWhole = false;
    }
    hash.end();
    return isWhole;
  }

  #add(part: KeyPart, network: AddressWords | null, source: KeySource, hash: HalfSipHash): boolean {
    const text = read(part, source);
    if (text === null) hash.absent();
    else if (network !== null) network.addTo(hash, text);
    else hash.text(text);
    return text !== null;
  }
}

function read(part: KeyPart, source: KeySource): string | null {
  switch (part.kind) {
    case 'address':
      return source.address;
    case 'header':
      return source.header(part.name);
    case 'cookie':
      return source.cookie(part.name);
    case 'claim':
      return source.claim(part.name);
    case 'route':
      return source.route;
    case 'method':
      return source.method;
    case 'constant':
      return part.value;
  }
}
