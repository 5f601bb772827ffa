/** What the firewall's own rules cost: `node packages/sluice/src/core/waf/inspection.bench.ts`. */
import { inspectRequest, type WafRequest } from '../../../test/support/waf-request.ts';
import type { WafParanoia } from './rule.ts';

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const HEADERS = {
  'user-agent': AGENT,
  cookie: 'session=0123456789abcdef0123456789abcdef; theme=dark',
  referer: 'https://shop.example/search?q=shoes',
};
const ITEMS = Array.from({ length: 60 }, (_, index) => ({
  id: index,
  name: `Product number ${index}`,
  note: `It's the "best" one, rock & roll; size ${index}`,
  tags: ['new', 'sale'],
  url: `https://shop.example/p/${index}?a=1&b=2`,
}));

const CASES: readonly (readonly [string, WafRequest])[] = [
  ['GET, no query', { path: '/products/42' }],
  ['GET, three plain parameters', { path: '/search', query: 'q=running+shoes&page=2&sort=price' }],
  ['GET, signs in parameters', { path: '/search', query: 'q=O%27Reilly+%26+Sons&r=%24%285%29&u=https%3A%2F%2Fa.example%2F%3Fb%3Dc' }],
  ["GET, a browser's head", { path: '/search', query: 'q=running+shoes&page=2', headers: HEADERS }],
  ['POST, 10 KiB of JSON', { path: '/api', type: 'application/json', body: JSON.stringify(ITEMS).slice(0, 10_240) }],
  ['an attack in a query', { path: '/search', query: 'id=1%27+union+select+password+from+users--' }],
  [
    'an attack in 10 KiB of JSON',
    { path: '/api', type: 'application/json', body: `${JSON.stringify(ITEMS).slice(0, 10_000)},"x":"<script>alert(1)</script>"]` },
  ],
];

function measure(request: WafRequest, paranoia: WafParanoia): number {
  const rounds = 20_000 / (1 + (request.body?.length ?? 0) / 200);
  for (let round = 0; round < rounds; round++) inspectRequest(request, paranoia, false);
  let best = Infinity;
  for (let sample = 0; sample < 5; sample++) {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) inspectRequest(request, paranoia, false);
    best = Math.min(best, (performance.now() - start) / rounds);
  }
  return best * 1000;
}

for (const [name, request] of CASES) {
  const figures = ([1, 2, 4] as const).map((paranoia) => `level ${paranoia}: ${measure(request, paranoia).toFixed(2)} µs`);
  console.log(`${name.padEnd(30)} ${figures.join('   ')}`);
}
