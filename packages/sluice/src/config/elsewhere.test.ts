import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from './validate.ts';

function messages(listener: object, service: object = {}): string {
  const config = {
    listeners: { web: listener },
    services: { app: { endpoints: ['127.0.0.1:3001'], ...service } },
    routes: [{ to: 'app' }],
  };
  const result = validate(config, () => null);
  return result.ok ? '' : result.faults.map(({ message }) => message).join('\n');
}

test('a key that other proxies have is answered with where it stands here', () => {
  assert.match(
    messages({ https: ':443', tls: { cert: 'a.pem', key: 'a.key' } }),
    /tls\.cert is not .*; write tls: { certificates: { cert: FILE/,
  );
  assert.match(messages({ https: ':443', tls: { acme: ['a.example'] } }), /tls\.acme .*; write tls: { certificates: { acme: NAMES } }/);
  assert.match(messages({ http: ':443', ssl: true }), /ssl is not a known key; write { https: ADDRESS, tls: 'dev' }/);
  assert.match(messages({ http: ':80', hsts: true }), /hsts is not a known key; write it in tls/);
  assert.match(messages({ http: ':80' }, { tls: { insecure: true } }), /tls\.insecure is not a known key; write verify: false/);
  assert.match(messages({ http: ':80' }, { sendProxy: true }), /sendProxy is not a known key; write proxyProtocol: 'v2'/);
});

test('a word that other proxies have is answered with ours', () => {
  assert.match(messages({ http: ':80' }, { protocol: 'h2c' }), /protocol .* got "h2c"; did you mean "http2"\?/);
  assert.match(messages({ http: ':80' }, { balance: 'leastconn' }), /got "leastconn"; did you mean "least-connections"\?/);
});

test('an endpoint with a scheme is told what says https here', () => {
  assert.match(messages({ http: ':80' }, { endpoints: ['https://a:443'] }), /write host and port only, and tls: true in the service$/m);
  assert.match(messages({ http: ':80' }, { endpoints: ['http://a:80'] }), /write host and port only, got|write host and port only$/m);
});

test('two listeners at one port are told what to do', () => {
  const config = { listeners: { a: { http: ':8080' }, b: { http: '127.0.0.1:8080' } }, routes: [{ respond: 204 }] };
  const result = validate(config, () => null);
  assert.match(result.ok ? '' : result.faults[0]!.message, /listener "a", too: 127.0.0.1:8080; give one of them another port/);
});

test('words of process managers, orchestrators and autoscalers are answered with where they stand here', () => {
  const ours = (service: object): string => messages({ http: ':80' }, { endpoints: undefined, ...service });
  const run = { command: ['node', 'server.js'] };
  const answers: readonly (readonly [object, RegExp])[] = [
    [{ instances: 4 }, /instances is not a known key; write replicas: 4 beside run/],
    [{ run: { ...run, exec_mode: 'cluster' } }, /run\.exec_mode .*; leave it out: each instance is a process/],
    [{ run: { script: 'server.js' } }, /run\.script is not a known key; write run: { command:/],
    [{ run: { ...run, instances: 4 } }, /run\.instances .*; write replicas beside run, not in it/],
    [{ image: 'users:1' }, /image is not a known key; write run: { container: { image/],
    [{ run: { image: 'users:1' } }, /run\.image is not a known key; write run: { container/],
    [{ run: { ...run, livenessProbe: {} } }, /run\.livenessProbe .*; write ready: '\/healthz' in run/],
    [{ run: { ...run, environment: {} } }, /run\.environment .*; write env/],
    [{ run: { ...run, stop_grace_period: '10s' } }, /run\.stop_grace_period .*; write stop: '10s'/],
    [{ run: { ...run, max_memory_restart: '300M' } }, /run\.max_memory_restart .*; write resources/],
    [{ run, replicas: { minReplicas: 1, maxReplicas: 9 } }, /replicas\.minReplicas .*; write min\n.*replicas\.maxReplicas .*; write max/],
    [{ run, replicas: { max: 9, metrics: [] } }, /replicas\.metrics .*; write scale: \[{ signal/],
    [{ run, replicas: { max: 9, behavior: { scaleDown: {} } } }, /behavior\.scaleDown .*; write out and in/],
    [{ run, replicas: { max: 9, scale: [{ signal: 'concurrency', target: 5 }] } }, /got "concurrency"; did you mean "in-flight"\?/],
    [{ run, deploy: { strategy: 'RollingUpdate' } }, /got "RollingUpdate"; did you mean "rolling"\?/],
    [{ upstream: ['127.0.0.1:1'] }, /upstream is not a known key; write endpoints:/],
  ];
  for (const [service, answer] of answers) assert.match(ours(service), answer);
});

test('filters by the names that they have elsewhere are answered with ours', () => {
  const ours = (filter: unknown): string => {
    const result = validate({ listeners: { web: { http: ':80' } }, routes: [{ filters: [filter, { fixed: 204 }] }] }, () => null);
    return result.ok ? '' : result.faults.map(({ message }) => message).join('\n');
  };
  const answers: readonly (readonly [unknown, RegExp])[] = [
    ['gzip', /filters\[0\]\.gzip is not a known key; write compress$/m],
    [{ limit_req: {} }, /limit_req .*; write { rateLimit: { requests: 100, per: '1m' } }/],
    [{ basicAuth: {} }, /basicAuth .*; write { basic: /],
    [{ forward_auth: {} }, /forward_auth .*; write { forwardAuth: /],
    [{ retry: { attempts: 3 } }, /retry .*; no filter: write retry and timeouts at the route/],
    [{ headers: { set: { a: 'b' } } }, /headers\.set .*; write it in request or response/],
    [{ cache: { ttl: '10m' } }, /cache\.ttl .*; write defaultTtl/],
    [{ cache: { memory: '1GiB' } }, /cache\.memory .*; write it at the top: caches/],
    [{ rateLimit: { rate: 10, period: '1s' } }, /rate .*; write requests: 100, per: '1m'\n.*period .*; write per/],
    [{ jwt: { jwks: 'https://id.example/jwks.json' } }, /jwt\.jwks .*; write it in issuers/],
  ];
  for (const [filter, answer] of answers) assert.match(ours(filter), answer);
});

test('a filter that is written as a setting of the route is told where it stands', () => {
  const result = validate({ listeners: { web: { http: ':80' } }, routes: [{ respond: 204, cache: true }] }, () => null);
  assert.match(result.ok ? '' : result.faults[0]!.message, /cache is not a known key; it is a filter: write filters: \['compress'/);
});

test('a cache or service that a filter names and that is not there is answered with those that are', () => {
  const ours = (filter: unknown): string => {
    const config = { listeners: { web: { http: ':80' } }, caches: { big: {} }, services: { shop: { endpoints: ['h:1'] } } };
    const result = validate({ ...config, routes: [{ to: 'shop', filters: [filter] }] }, () => null);
    return result.ok ? '' : result.faults.map(({ message }) => message).join('\n');
  };
  assert.match(ours({ cache: { store: 'pages' } }), /names a cache that does not exist: "pages"; caches are: default, big$/);
  assert.match(ours({ mirror: { to: 'next' } }), /names a service that does not exist: "next"; services are: shop$/);
  assert.match(
    ours({ rateLimit: { requests: 1, per: '1s', shared: { store: 'main', nodes: 2 } } }),
    /names a store that does not exist: "main"; there are no stores$/,
  );
});
