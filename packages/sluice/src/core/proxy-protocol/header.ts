/**
 * What a PROXY protocol header says (haproxy, doc/proxy-protocol.txt, 2020/03/05): whom the connection is really from and to, and what the
 * proxy before us knows of it. Section numbers in this folder are of that document.
 */

export type ProxyAddress =
  /** `address` as RFC 5952 writes it; an IPv4-mapped one is IPv4, so that an address has one spelling. */
  { readonly kind: 'ip'; readonly address: string; readonly port: number } | { readonly kind: 'unix'; readonly path: string };

/** What the proxy before us says of the client's TLS connection (§2.2.6). */
export interface ProxyTls {
  /** As the sender spells it: `TLSv1.3`. */
  readonly version: string | null;
  readonly cipher: string | null;
  readonly signatureAlgorithm: string | null;
  readonly keyAlgorithm: string | null;
  /** Of the client's certificate. */
  readonly commonName: string | null;
  /** The client gave a certificate on this connection, or at least once in its TLS session. */
  readonly certificate: 'connection' | 'session' | null;
  /** There is a certificate and it was verified: senders also say "verified" where there is none. */
  readonly isVerified: boolean;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  readonly transport: 'stream' | 'datagram';
  /** Null together with `destination`: a connection of the proxy itself (LOCAL) or of a family it cannot tell (UNKNOWN, UNSPEC). */
  readonly source: ProxyAddress | null;
  readonly destination: ProxyAddress | null;
  /** The protocol in use, one character per byte. */
  readonly alpn: string | null;
  /** The name that the client asked for: visible ASCII, not checked further. */
  readonly authority: string | null;
  readonly uniqueId: Uint8Array | null;
  readonly tls: ProxyTls | null;
  readonly networkNamespace: string | null;
}

/** Why the first bytes of a connection are no header that we take. */
export interface ProxyFault {
  /** `not-proxy`: no header at all; `version`: one of a version that is not allowed; `too-large`: over the bound; `malformed`: against §2. */
  readonly kind: 'not-proxy' | 'version' | 'too-large' | 'malformed';
  /** One sentence for people. Never holds bytes of the header. */
  readonly what: string;
}

export function malformed(what: string): ProxyFault {
  return { kind: 'malformed', what };
}

/** Tells a fault from what was parsed. */
export function isFault(parsed: object | null): parsed is ProxyFault {
  return parsed !== null && 'what' in parsed;
}

/** A header that tells nothing of the client. */
export function anonymous(version: 1 | 2): ProxyHeader {
  return { version, transport: 'stream', source: null, destination: null, ...NO_EXTRAS };
}

/** What the TLVs of version 2 tell; version 1 has none. */
export type ProxyExtras = Pick<ProxyHeader, 'alpn' | 'authority' | 'uniqueId' | 'tls' | 'networkNamespace'>;

export const NO_EXTRAS: ProxyExtras = { alpn: null, authority: null, uniqueId: null, tls: null, networkNamespace: null };
