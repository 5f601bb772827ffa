/**
 * A configuration as it may be shown: by a list of what may be, not of what may not, so that a field that is added tomorrow is hidden until somebody says otherwise. Numbers, booleans and
 * nulls are shown wherever they stand in a part that is; texts only under a name that is listed. Never shown: keys and certificates, tokens, passwords, secrets of cookies, headers and
 * bodies, environments, URLs of stores and sinks, values that requests are compared with.
 */

export const HIDDEN = '[hidden]';

/** Names of what may be looked into. */
const PARTS = new Set(
  `listeners services routes caches stores memories admin accessLog tracing settings fleet observe events otlp alerts address endpoints target balance hashOn agent affinity health
  check outlier latency successRate pool http1 http2 retry hedge limits breaker adaptive parking action targets rewrite path timeouts webSocket filters redirectToHttps tls certificates
  clientCertificates kernel proxyProtocol rules rate budget split shield prerender disk shared database run resources replicas deploy canary guard ready probe restart logs group maxSurge
  maxUnavailable policies schedules signals target wake sleep slos group tokens clients traces metrics forwarding canonical cache waf cors compress ipFilter rateLimit delay abort exclusions
  query headers cookies client sinks acme`.split(/\s+/),
);

/** Names of texts that may be shown, alone or in a list. */
const TEXTS = new Set(
  `name kind algorithm hashTable source protocol service services listeners hosts host path pattern methods method address version strategy runner image action engine format target level
  severity mode minVersion alpn serverName serverNames names algorithms shedPriority eviction issuer audiences format scope accept trustedProxies trusted allow deny allowCountries denyCountries
  initial on onDown by unit compression codings contentTypes types trailingSlash encodedSlashes replacePath addPrefix stripPrefixes fallback setCookie cookies clientDirectives unkeyedHeaders
  malformedAge breach sameSite directory root index precompressed symlinks dotfiles caFile certFile keyFile clientCaFile caFiles crlFiles cert network pull namespace region kubeconfig
  auditFile file reach masquerade ocsp unknownNames unknownCountry test store timezone zone cron shield self hsts condition summary metric rule location`.split(
    /\s+/,
  ),
);

/** Lists of conditions in one place, and in another a dictionary, whose names are anybody's: `host` there is no host. */
const LISTS = new Set(['headers', 'cookies', 'client', 'query']);

/** A copy without secrets: any JSON. Linear in its size. */
export function shownPlan(value: unknown): unknown {
  return shownPart(value);
}

function shownPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? HIDDEN : shownPart(item)));
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? HIDDEN : value;
  const shown: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, part] of Object.entries(value)) shown[name] = shownField(name, part);
  return shown;
}

function shownField(name: string, value: unknown): unknown {
  if (typeof value === 'string') return TEXTS.has(name) || value === '' ? value : HIDDEN;
  if (Array.isArray(value)) {
    if (value.length === 0) return value;
    if (value.every((item) => typeof item === 'string')) return TEXTS.has(name) ? value : HIDDEN;
    // Lists of pairs are headers and the like.
    return PARTS.has(name) && !value.some((item) => Array.isArray(item)) ? shownPart(value) : HIDDEN;
  }
  if (typeof value !== 'object' || value === null) return value;
  return PARTS.has(name) && !LISTS.has(name) ? shownPart(value) : HIDDEN;
}
