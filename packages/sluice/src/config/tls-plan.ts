/** The Plan's part about TLS, both ways. Keys are in it: never logged, never shown. `io/plan-material.ts` fills in what files hold. */

/** TLS that ends at a listener. */
export interface TlsPlan {
  /** In order; the first is the default. */
  readonly certificates: readonly CertificatePlan[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Protocols offered by ALPN, in order of preference; empty: none. */
  readonly alpn: readonly string[];
  /** For every name that `hosts` does not list; null asks for none. */
  readonly clientCertificates: ClientCertificatePlan | null;
  /** Other rules for some names. */
  readonly hosts: readonly { readonly serverNames: readonly string[]; readonly clientCertificates: ClientCertificatePlan | null }[];
  /** What a name gets for which there is no certificate: the default one, or the alert `unrecognized_name`. A hello without a name gets the default one. */
  readonly unknownNames: 'default' | 'refuse';
  /** Handshakes under way, per worker. Default 1,000. */
  readonly handshakesMax: number;
  /** The same from one source address. Default 100. */
  readonly handshakesPerSourceMax: number;
  readonly handshakeMs: number;
  readonly sessionTickets: boolean;
  /** Value of Strict-Transport-Security (RFC 6797); null adds none. */
  readonly hsts: string | null;
}

/** One certificate with its key. */
export interface CertificatePlan {
  readonly source:
    | { readonly kind: 'files'; readonly cert: string; readonly key: string }
    | { readonly kind: 'acme'; readonly names: readonly string[] }
    | { readonly kind: 'dev'; readonly names: readonly string[] };
  /** Lower-case names that it is chosen for. Empty until it is loaded: its own. */
  readonly names: readonly string[];
  /** `auto`: stapled when the certificate asks for it (must-staple); `on`: whenever it names a responder. */
  readonly ocsp: 'auto' | 'on' | 'off';
  /** Null: not there (yet). */
  readonly material: CertificateMaterial | null;
}

/** What a certificate's files hold. The key is secret: never logged, never shown. */
export interface CertificateMaterial {
  /** The chain, leaf first. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  /** SHA-256 of chain and public key, hex: equal for equal material. */
  readonly fingerprint: string;
  /** Wall clock, ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ocspUrl: string | null;
  readonly mustStaple: boolean;
  /** DER, base64; null: none. */
  readonly ocspResponse: string | null;
}

/** Who may connect, by certificate. */
export interface ClientCertificatePlan {
  readonly mode: 'required' | 'optional';
  readonly caFiles: readonly string[];
  readonly crlFiles: readonly string[];
  /** What the files hold; empty until loaded. */
  readonly caPem: string;
  readonly crlPem: string;
  /** Passes X-Client-Cert-* on to the service. */
  readonly headers: boolean;
}

export interface UpstreamTlsPlan {
  /** Sent as SNI and checked in the certificate; null: the endpoint's host (an address is not sent as SNI). */
  readonly serverName: string | null;
  /** False accepts any certificate: for tests only. */
  readonly verify: boolean;
  readonly caFiles: readonly string[];
  /** PEM; empty: the system's authorities. */
  readonly caPem: string;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Our own certificate, where endpoints ask for one; empty: none. The key is secret. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}
