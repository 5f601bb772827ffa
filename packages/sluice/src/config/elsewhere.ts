/**
 * Words that other proxies use for what is called otherwise here. "Did you mean" finds slips of the finger; who writes `ssl: true` or `protocol: h2` has
 * learnt it somewhere, and hears where it stands.
 */
import { FILTER_KINDS } from '../core/filters/filter-kinds.ts';

/** What stands in an object of this configuration beside which the foreign key was found, and what to write. */
interface ForeignKey {
  readonly keys: readonly string[];
  /** A key of the same object, which tells objects apart. */
  readonly beside: string;
  readonly hint: string;
}

const CERTIFICATES = 'write tls: { certificates: { cert: FILE, key: FILE } }';
const TLS_LISTENER = "write { https: ADDRESS, tls: 'dev' }, or tls: { certificates: { cert: FILE, key: FILE } }";
const COMMAND = "write run: { command: ['node', 'server.js'] }";
const CONTAINER = "write run: { container: { image: 'users:1.4', port: 3000 } }";
const READY = "write ready: '/healthz' in run";
const RESOURCES = "write resources: { cpu: 1, memory: '512MiB' } in run";
const BOUNDS = 'write replicas: { min: 1, max: 10 } beside run';
const POLICY = "write scale: [{ signal: 'in-flight', target: 20 }]";

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
  // A service: PM2, Docker Compose, Kubernetes, systemd, nginx.
  { keys: ['instances', 'numprocs'], beside: 'endpoints', hint: 'write replicas: 4 beside run' },
  { keys: ['upstream', 'servers', 'server', 'backends', 'targets'], beside: 'endpoints', hint: "write endpoints: ['127.0.0.1:3001']" },
  { keys: ['script', 'exec', 'command', 'cmd', 'entrypoint'], beside: 'endpoints', hint: COMMAND },
  { keys: ['image', 'build'], beside: 'endpoints', hint: CONTAINER },
  {
    keys: ['env', 'environment', 'cwd', 'user'],
    beside: 'endpoints',
    hint: "write run: { command: ['node', 'server.js'], env: {…}, cwd: DIRECTORY, user: NAME }",
  },
  { keys: ['min', 'max', 'minReplicas', 'maxReplicas', 'autoscaling', 'scale', 'hpa'], beside: 'endpoints', hint: BOUNDS },
  {
    keys: ['strategy', 'canary', 'rollingUpdate', 'maxSurge', 'maxUnavailable'],
    beside: 'endpoints',
    hint: 'write deploy: { strategy, maxSurge, maxUnavailable, canary } beside run',
  },
  { keys: ['healthcheck', 'livenessProbe', 'readinessProbe', 'startupProbe'], beside: 'endpoints', hint: READY },
  { keys: ['resources', 'memory', 'cpus', 'mem_limit'], beside: 'endpoints', hint: RESOURCES },
  // What is run.
  { keys: ['script', 'exec', 'args', 'cmd', 'entrypoint', 'interpreter'], beside: 'autoScalingGroup', hint: COMMAND },
  {
    keys: ['exec_mode', 'execMode', 'cluster'],
    beside: 'autoScalingGroup',
    hint: 'leave it out: each instance is a process of its own, and replicas says how many',
  },
  { keys: ['instances', 'replicas', 'scale', 'min', 'max'], beside: 'autoScalingGroup', hint: 'write replicas beside run, not in it' },
  { keys: ['image', 'port', 'ports', 'network', 'networks', 'labels'], beside: 'autoScalingGroup', hint: CONTAINER },
  { keys: ['environment', 'env_file', 'env_production'], beside: 'autoScalingGroup', hint: "write env: { NAME: 'value' }" },
  { keys: ['working_dir', 'workdir', 'directory', 'dir'], beside: 'autoScalingGroup', hint: 'write cwd: DIRECTORY' },
  {
    keys: ['healthcheck', 'health', 'livenessProbe', 'readinessProbe', 'startupProbe', 'wait_ready', 'listen_timeout'],
    beside: 'autoScalingGroup',
    hint: READY,
  },
  { keys: ['memory', 'cpu', 'cpus', 'mem_limit', 'max_memory_restart', 'limits'], beside: 'autoScalingGroup', hint: RESOURCES },
  {
    keys: ['kill_timeout', 'stop_grace_period', 'stopTimeout', 'terminationGracePeriodSeconds'],
    beside: 'autoScalingGroup',
    hint: "write stop: '10s', and drain: '30s' for what is in flight",
  },
  {
    keys: ['autorestart', 'max_restarts', 'restart_delay', 'exp_backoff_restart_delay', 'restartPolicy'],
    beside: 'autoScalingGroup',
    hint: "write restart: { base: '100ms', max: '30s' }: what ends is always started again",
  },
  {
    keys: ['out_file', 'error_file', 'log_file', 'log', 'logging'],
    beside: 'autoScalingGroup',
    hint: 'write logs: { directory: DIRECTORY }',
  },
  { keys: ['cpu_limit', 'requests', 'limits'], beside: 'cpu', hint: 'write cpu and memory here: they are bounds' },
  // Numbers of instances.
  { keys: ['minReplicas', 'minInstances', 'minScale', 'minSize', 'minimum'], beside: 'concurrency', hint: 'write min' },
  { keys: ['maxReplicas', 'maxInstances', 'maxScale', 'maxSize', 'maximum'], beside: 'concurrency', hint: 'write max' },
  { keys: ['desired', 'desiredCapacity', 'initialScale', 'initialReplicas'], beside: 'concurrency', hint: 'write initial' },
  { keys: ['metrics', 'triggers', 'policies', 'target', 'signal', 'targetCPUUtilizationPercentage'], beside: 'concurrency', hint: POLICY },
  {
    keys: ['schedule', 'schedules', 'cron', 'predict', 'events'],
    beside: 'concurrency',
    hint: "write scale: [{ schedule: '0 8 * * 1-5', min: 4 }]",
  },
  { keys: ['containerConcurrency', 'maxConcurrency', 'maxConnections'], beside: 'concurrency', hint: 'write concurrency' },
  {
    keys: ['cooldownPeriod', 'scaleToZeroGracePeriod', 'idleTimeout'],
    beside: 'concurrency',
    hint: "write idle: '5m', and behavior: { cooldown } for more than one instance",
  },
  { keys: ['scaleUp', 'scaleDown', 'up', 'down'], beside: 'tolerance', hint: 'write out and in' },
  {
    keys: FILTER_KINDS.filter((kind) => kind !== 'redirect' && kind !== 'rewrite' && kind !== 'headers'),
    beside: 'filterOrder',
    hint: "it is a filter: write filters: ['compress', { rateLimit: { requests: 100, per: '1m' } }]",
  },
  // Filters: nginx, HAProxy, Varnish, Envoy, Traefik, Caddy.
  { keys: ['gzip', 'brotli', 'zstd', 'encode', 'compression', 'compressor'], beside: 'securityHeaders', hint: 'write compress' },
  {
    keys: ['limit', 'limit_req', 'limitReq', 'rate_limit', 'ratelimit', 'throttle', 'inFlightReq', 'local_ratelimit'],
    beside: 'securityHeaders',
    hint: "write { rateLimit: { requests: 100, per: '1m' } }",
  },
  {
    keys: ['basicAuth', 'basic_auth', 'auth_basic', 'htpasswd'],
    beside: 'securityHeaders',
    hint: "write { basic: { file: 'users.htpasswd' } }",
  },
  {
    keys: ['auth_request', 'forward_auth', 'ext_authz', 'extAuthz'],
    beside: 'securityHeaders',
    hint: "write { forwardAuth: { url: 'http://…' } }",
  },
  {
    keys: ['jwt_authn', 'oauth', 'oidc'],
    beside: 'securityHeaders',
    hint: 'write { jwt: { issuers: [{ issuer, jwks }] } }; logins with a browser are what forwardAuth is for',
  },
  {
    keys: ['ipAllowList', 'ipWhiteList', 'allow', 'deny', 'geoip', 'rbac'],
    beside: 'securityHeaders',
    hint: "write { ip: { allow: ['10.0.0.0/8'] } }",
  },
  { keys: ['proxy_cache', 'httpCache', 'vcl'], beside: 'securityHeaders', hint: 'write cache' },
  {
    keys: ['stripPrefix', 'addPrefix', 'replacePath', 'uri'],
    beside: 'securityHeaders',
    hint: "write { rewrite: { stripPrefix: '/api' } }",
  },
  {
    keys: ['redirectRegex', 'redirectScheme', 'return'],
    beside: 'securityHeaders',
    hint: "write { redirect: { to: 'https://{host}{path}{query}' } }",
  },
  {
    keys: ['respond', 'file_server', 'root'],
    beside: 'securityHeaders',
    hint: "write { fixed: … } for one reply, { static: { root: 'public' } } for files",
  },
  { keys: ['errors', 'handle_errors', 'error_page'], beside: 'securityHeaders', hint: 'write errorPage' },
  { keys: ['buffering', 'client_max_body_size', 'request_body'], beside: 'securityHeaders', hint: "write { bodyLimit: '10MiB' }" },
  { keys: ['modsecurity', 'coraza'], beside: 'securityHeaders', hint: 'write { waf: { modSecurity: { rules: … } } }' },
  {
    keys: ['retry', 'circuitBreaker', 'timeout', 'timeouts'],
    beside: 'securityHeaders',
    hint: 'no filter: write retry and timeouts at the route, limits at the service',
  },
  {
    keys: ['set', 'add', 'remove'],
    beside: 'response',
    hint: "write it in request or response: { response: { set: { 'x-name': 'value' } } }",
  },
  {
    keys: ['ttl', 'valid', 'proxy_cache_valid', 'maxAge'],
    beside: 'targetedFields',
    hint: "write defaultTtl: '10m' for replies that say nothing, maxTtl to bound what they say",
  },
  { keys: ['grace', 'stale', 'use_stale', 'keep'], beside: 'targetedFields', hint: 'write staleWhileRevalidate, staleIfError' },
  { keys: ['cache', 'name', 'zone'], beside: 'targetedFields', hint: 'write store: one of the caches' },
  { keys: ['vary', 'hash', 'query'], beside: 'targetedFields', hint: 'write key: { headers, query, cookies }' },
  {
    keys: ['memory', 'disk', 'size', 'max_size', 'path', 'shared', 'eviction'],
    beside: 'targetedFields',
    hint: "write it at the top: caches: { default: { memory: '1GiB', disk: … } }",
  },
  { keys: ['rate', 'average', 'limit', 'rps'], beside: 'missesOnly', hint: "write requests: 100, per: '1m'" },
  { keys: ['period', 'window', 'interval'], beside: 'missesOnly', hint: "write per: '1m'" },
  {
    keys: ['jwks', 'jwks_uri', 'secret', 'audience', 'algorithms', 'issuer'],
    beside: 'claimsToHeaders',
    hint: 'write it in issuers: [{ issuer, jwks, audience }]',
  },
  { keys: ['stabilizationWindowSeconds', 'stabilizationWindow'], beside: 'stabilization', hint: "write stabilization: '60s'" },
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
  // Signals: Knative, HPA, KEDA, AWS.
  ['concurrency', 'in-flight'],
  ['requests', 'in-flight'],
  ['connections', 'in-flight'],
  ['requests-per-second', 'rps'],
  ['requestspersecond', 'rps'],
  ['cpuutilization', 'cpu'],
  ['mem', 'memory'],
  ['p95', 'latency'],
  ['p99', 'latency'],
  ['response-time', 'latency'],
  ['elu', 'event-loop'],
  ['eventlooplag', 'event-loop-delay'],
  ['event-loop-lag', 'event-loop-delay'],
  ['queue', 'queue-wait'],
  // Deploys, images.
  ['rollingupdate', 'rolling'],
  ['bluegreen', 'blue-green'],
  ['ifnotpresent', 'missing'],
  ['if_not_present', 'missing'],
]);

/** The allowed word that means what this one means elsewhere, or null. */
export function knownElsewhere(word: string, allowed: readonly string[]): string | null {
  const ours = FOREIGN_WORDS.get(word.toLowerCase());
  return ours !== undefined && allowed.includes(ours) ? ours : null;
}
