/**
 * What a limit counts by: the parts of a request that make its key, hashed one after the other into 64 bits (`half-sip-hash.ts`); no text is kept. First goes what tells limits apart, so that
 * two limits, or one before and after its figures have changed, never share a count.
 */
import { AddressWords } from './address-words.ts';
import type { HalfSipHash } from './half-sip-hash.ts';

/** Satisfied by the plan's. */
export type KeyPart =
  | {
      readonly source: 'address';
      /** Bits of the network, 0..32; 32 is each IPv4 address alone. */
      readonly bits4: number;
      /** 0..128; 64 is what one IPv6 client has. */
      readonly bits6: number;
    }
  /** Names of headers in lower case; claims are those of the request's checked token. */
  | { readonly source: 'header' | 'cookie' | 'claim' | 'query'; readonly name: string }
  | { readonly source: 'route' | 'method' | 'host' };

/** Where parts are read from; null = the request has none. */
export interface KeySource {
  readonly address: string | null;
  readonly method: string;
  readonly route: string;
  readonly host: string;
  header(name: string): string | null;
  cookie(name: string): string | null;
  claim(name: string): string | null;
  query(name: string): string | null;
}

export class LimitKey {
  readonly #salt: string;
  readonly #parts: readonly KeyPart[];
  readonly #networks: readonly (AddressWords | null)[];

  /** @param salt The limit's name and all of its figures. @param parts In an order that stays; none: all requests have one key. */
  constructor(salt: string, parts: readonly KeyPart[]) {
    this.#salt = salt;
    this.#parts = parts;
    this.#networks = parts.map((part) => (part.source === 'address' ? new AddressWords(part.bits4, part.bits6) : null));
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
  switch (part.source) {
    case 'address':
      return source.address;
    case 'header':
      return source.header(part.name);
    case 'cookie':
      return source.cookie(part.name);
    case 'claim':
      return source.claim(part.name);
    case 'query':
      return source.query(part.name);
    case 'route':
      return source.route;
    case 'method':
      return source.method;
    case 'host':
      return source.host;
  }
}
