/** Pages ahead of need, by the real program with two workers: one of them fetches, and goes on when it crashes or another plan comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const PATHS = Array.from({ length: 20 }, (_, index) => `/page-${index}`);

function config(port: number, paths: readonly string[]): GatewayConfig {
  const prerender = { host: 'www.example', scheme: 'http', paths: [...paths], every: '2s' };
  return {
    workers: 2,
    services: { origin: { endpoints: [`127.0.0.1:${port}`], outlier: false } },
    routes: [{ path: '/*', to: 'origin', filters: [{ cache: { prerender } }] }],
  };
}

test('two workers fetch each page once, and both have it', { timeout: 60_000 }, async () => {
  await using origin = await startCacheOrigin();
  for (const path of PATHS) origin.on(path, reply({ 'cache-control': 'max-age=600' }, path));
  await using gateway = await startGateway(config(origin.port, PATHS));
  await eventually(10_000, 'all pages are fetched', () => origin.requests.length >= PATHS.length);
  await new Promise((resolve) => setTimeout(resolve, 3_000)); // more than a round
  assert.equal(origin.requests.length, PATHS.length);
  const got = await Promise.all(
    PATHS.flatMap((path) => [1, 2, 3].map(() => ask(gateway.port, path, { headers: { host: 'www.example' } }))),
  );
  for (const { headers } of got) assert.match(String(headers['cache-status']), /^sluice;hit;/);
  await gateway.reload(config(origin.port, [...PATHS, '/new']));
  origin.on('/new', reply({ 'cache-control': 'max-age=600' }, 'new'));
  await origin.until('/new', 1);
  for (const path of PATHS) assert.equal(origin.count(path), 1, path);
});

test('a page that is short-lived is fetched by one worker alone, round after round', { timeout: 60_000 }, async () => {
  await using origin = await startCacheOrigin();
  origin.on(
    '/short',
    reply({ 'cache-control': 'max-age=1' }, (count) => String(count)),
  );
  await using gateway = await startGateway(config(origin.port, ['/short']));
  await origin.until('/short', 1);
  const from = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 6_500));
  const rounds = (performance.now() - from) / 2_000;
  const count = origin.count('/short') - 1;
  assert.ok(count >= Math.floor(rounds) - 1 && count <= Math.ceil(rounds) + 1, `${count} fetches in ${rounds} rounds`);
  assert.equal((await ask(gateway.port, '/short', { headers: { host: 'www.example' } })).status, 200);
});
