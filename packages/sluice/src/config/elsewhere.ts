/**
 * Words that other proxies use for what is called otherwise here. "Did you mean" finds slips of the finger; who writes `ssl: true` or `protocol: h2` has
 * learnt it somewhere, and hears where it stands.
 */

/** What stands in an object of this configuration beside which the foreign key was found, and what to write. */
interface ForeignKey {
  readonly keys: readonly string[];
  /** A key of the same object, which tells objects apart. */
  readonly beside: string;
  readonly hint: string;
}

const CERTIFICATES = 'write tls: { certificates: { cert: FILE, key: FILE } }';
const TLS_LISTENER = "write { https: ADDRESS, tls: 'dev' }, or tls: { certificates: { cert: FILE, key: FILE } }";

const FOREIGN_KEYS: readonly ForeignKey[] = [
  { keys: ['cert', 'key', 'certFile', 'keyFile'], beside: 'certificates', hint: CERTIFICATES },
  { keys: ['dev'], beside: 'certificates', hint: 'write tls: { certificates: { dev: NAMES } }' },
  { keys: ['acme'], beside: 'certificates', hint: 'write tls: { certificates: { acme: NAMES } }' },
  { keys: ['mtls', 'clientAuth', 'clientCa'], beside: 'certificates', hint: 'write clientCertificates: { ca: FILE }' },
  { keys: ['ssl'], beside: 'redirectToHttps', hint: TLS_LISTENER },
  { keys: ['hsts'], beside: 'redirectToHttps', hint: 'write it in tls: { certificates: …, hsts: true }' },
  { keys: ['acceptProxy'], beside: 'redirectToHttps', hint: "write proxyProtocol: { trusted: ['10.0.0.0/8'] }" },
  { keys: ['ssl'], beside: 'endpoints', hint: 'write tls: true' },
  { keys: ['sendProxy', 'sendProxyV2'], beside: 'endpoints', hint: "write proxyProtocol: 'v2'" },
  { keys: ['insecure', 'insecureSkipVerify', 'rejectUnauthorized'], beside: 'verify', hint: 'write verify: false, for tests only' },
  { keys: ['sni', 'host'], beside: 'verify', hint: 'write serverName: NAME' },
];

/** What to write instead of a key that another proxy has; null when it is not known from anywhere. */
export function hintForKey(key: string, known: readonly string[]): string | null {
  return FOREIGN_KEYS.find(({ keys, beside }) => keys.includes(key) && known.includes(beside))?.hint ?? null;
}

const FOREIGN_WORDS: ReadonlyMap<string, string> = new Map([
  ['h2', 'http2'],
  ['h2c', 'http2'],
  ['grpc', 'http2'],
  ['h1', 'http1'],
  ['http/1.1', 'http1'],
  ['roundrobin', 'round-robin'],
  ['leastconn', 'least-connections'],
  ['least_request', 'least-connections'],
  ['source', 'ip-hash'],
]);

/** The allowed word that means what this one means elsewhere, or null. */
export function knownElsewhere(word: string, allowed: readonly string[]): string | null {
  const ours = FOREIGN_WORDS.get(word.toLowerCase());
  return ours !== undefined && allowed.includes(ours) ? ours : null;
}
