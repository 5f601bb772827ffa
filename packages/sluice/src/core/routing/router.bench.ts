/**
 * What a match costs: `node packages/sluice/src/core/routing/router.bench.ts`. Mixes of 10,000 routes, each asked for random ones of
 * its own and, one time in eight, for nothing there is; then the normalisation that comes before. Best of eight rounds.
 */
import { seededRandom } from '../../base/random.ts';
import { normalizeHost } from './host.ts';
import type { PathCondition, RouteMatcher, RouteRequest } from './matcher.ts';
import { normalizePath } from './path.ts';
import { Router } from './router.ts';

const ROUTES = 10_000;
const REQUESTS = 4096;
const ROUNDS = 8;

interface Rule {
  readonly path: PathCondition;
  readonly host?: string;
  readonly method?: string;
  readonly tenant?: string;
}

interface Mix {
  readonly name: string;
  route(index: number): Rule;
  path(index: number): string;
  host?(index: number): string;
  tenant?(index: number): string;
}

const mixes: readonly Mix[] = [
  {
    name: 'exact paths',
    route: (index) => ({ path: { kind: 'exact', path: `/api/v1/resource-${index}/items` } }),
    path: (index) => `/api/v1/resource-${index}/items`,
  },
  {
    name: 'prefixes',
    route: (index) => ({ path: { kind: 'prefix', path: `/team-${index % 100}/service-${index}` } }),
    path: (index) => `/team-${index % 100}/service-${index}/users/42/orders`,
  },
  {
    name: '1,000 hosts of 10 routes',
    route: (index) => ({ host: `tenant-${index % 1000}.example.com`, path: { kind: 'prefix', path: `/part-${Math.floor(index / 1000)}` } }),
    path: (index) => `/part-${Math.floor(index / 1000)}/users/42`,
    host: (index) => `tenant-${index % 1000}.example.com`,
  },
  {
    name: 'patterns',
    route: (index) => ({ path: { kind: 'pattern', pattern: `/service-${index}/users/:user/orders/:order` } }),
    path: (index) => `/service-${index}/users/12345/orders/67890`,
  },
  {
    name: 'patterns behind a parameter',
    route: (index) => ({
      path: { kind: 'pattern', pattern: `/:tenant/area-${index % 100}/item-${index}/*` },
      method: index % 2 === 0 ? 'GET' : '',
    }),
    path: (index) => `/acme/area-${index % 100}/item-${index}/details`,
  },
  {
    name: '*.suffix hosts',
    route: (index) => ({ host: `*.zone-${index}.example.com`, path: { kind: 'prefix', path: '' } }),
    path: () => '/users/42',
    host: (index) => `a.b.zone-${index}.example.com`,
  },
  {
    name: 'regular expressions',
    route: (index) => ({ path: { kind: 'regex', source: `/service-${index}/v[0-9]+/.*` } }),
    path: (index) => `/service-${index}/v2/users`,
  },
  {
    name: 'values of one header',
    route: (index) => ({ path: { kind: 'prefix', path: '' }, tenant: `tenant-${index}` }),
    path: () => '/users/42',
    tenant: (index) => `tenant-${index}`,
  },
];

/** The engine is not what is measured. */
const compileRegex = (): ((text: string) => boolean) => (text) => text.includes('/v2/');

/** Strings as they come off a socket: new ones, so that no hash is cached. */
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function bench(mix: Mix): string {
  const routes = Array.from({ length: ROUTES }, (_, index): RouteMatcher => {
    const { path, host, method, tenant } = mix.route(index);
    const methods = method === undefined || method === '' ? [] : [method];
    const headers = tenant === undefined ? [] : [{ name: 'x-tenant', kind: 'equal' as const, value: tenant }];
    return { listeners: [], priority: 0, hosts: host === undefined ? [] : [host], path, methods, headers, cookies: [], query: [] };
  });
  const random = seededRandom(1);
  let buildMs = Number.POSITIVE_INFINITY;
  let matchNs = Number.POSITIVE_INFINITY;
  let firstBuildMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const buildStart = performance.now();
    const router = new Router(routes, { listener: 'web', compileRegex });
    const tookMs = performance.now() - buildStart;
    if (round === 0) firstBuildMs = tookMs;
    buildMs = Math.min(buildMs, tookMs);
    const requests = Array.from({ length: REQUESTS }, (_, at): RouteRequest => {
      const index = Math.floor(random() * ROUTES) + (at % 8 === 0 ? ROUTES : 0);
      const tenant = mix.tenant === undefined ? null : fresh(mix.tenant(index));
      const host = fresh(mix.host?.(index) ?? 'example.com');
      return { method: 'GET', host, path: fresh(mix.path(index)), query: null, header: (name) => (name === 'x-tenant' ? tenant : null) };
    });
    router.match(requests[0]!);
    const start = performance.now();
    let hits = 0;
    for (const request of requests) if (router.match(request) >= 0) hits++;
    matchNs = Math.min(matchNs, ((performance.now() - start) / REQUESTS) * 1e6);
    if (hits < REQUESTS / 2) throw new Error(`${mix.name}: only ${hits} of ${REQUESTS} requests matched`);
  }
  return `${mix.name.padEnd(28)} ${matchNs.toFixed(0).padStart(6)} ns per match   build ${firstBuildMs.toFixed(1)} ms cold, ${buildMs.toFixed(1)} ms warm`;
}

function time(name: string, text: string, run: (text: string) => unknown): string {
  const texts = Array.from({ length: 64 }, () => fresh(text));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < 200_000; index++) run(texts[index & 63]!);
    best = Math.min(best, ((performance.now() - start) / 200_000) * 1e6);
  }
  return `${name.padEnd(28)} ${best.toFixed(1).padStart(6)} ns`;
}

for (const mix of mixes) console.log(bench(mix));
const options = { mergeSlashes: false, encodedSlashes: 'reject' } as const;
console.log(time('normalizePath, 30 plain', '/api/v1/users/12345/orders.js', (path) => normalizePath(path, options)));
console.log(time('normalizePath, with %20', '/api/v1/users/12345/or%20ers', (path) => normalizePath(path, options)));
console.log(time('normalizeHost', 'tenant-1.example.com', normalizeHost));
console.log(time('normalizeHost, case and port', 'Tenant-1.example.com:8080', normalizeHost));
