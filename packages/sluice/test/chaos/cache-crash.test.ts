/** A worker that crashes in the middle of a fetch for all: what it had claimed, begun and held is free again, and the others go on. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, startCacheOrigin } from '../support/cache-origin.ts';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const hook = fileURLToPath(new URL('../fixtures/crash-worker.mjs', import.meta.url));
const CLIENTS = 60;

test('whoever waits on another worker has its reply, and the cache works on', { timeout: 60_000 }, async () => {
  await using origin = await startCacheOrigin();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cache-crash-'));
  const file = join(folder, 'crash');
  const config: GatewayConfig = {
    workers: 2,
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false, retry: false } },
    routes: [{ path: '/*', to: 'origin', filters: [{ cache: { collapse: '30s' } }] }],
  };
  await using gateway = await startGateway(config, { environment: { NODE_OPTIONS: `--import=${hook}`, CRASH_FILE: file } });
  const answered = new Set<ServerResponse>();
  const half = 'x'.repeat(50_000);
  origin.on('/a', (_request, response) => {
    answered.add(response);
    response.writeHead(200, { 'cache-control': 'max-age=60' }).write(half); // the entry is begun, and read by all
  });
  origin.on('/b', (_request, response) => void answered.add(response)); // claimed, and nothing more
  const asked = Array.from({ length: CLIENTS }, (_, index) => ask(gateway.port, index % 2 === 0 ? '/a' : '/b').catch(() => null));
  await origin.until('/a', 1);
  await origin.until('/b', 1);
  writeFileSync(file, '');
  await eventually(10_000, 'the crash is reported', () => gateway.output().includes('worker-crashed'));
  const ending = setInterval(() => {
    for (const response of answered) {
      if (!response.headersSent) response.writeHead(200, { 'cache-control': 'max-age=60' }).write(half);
      response.end('end');
    }
    answered.clear();
  }, 50);
  const got = await Promise.all(asked);
  const whole = got.filter((each) => each !== null && !each.isCut);
  for (const each of whole) assert.ok(each!.status === 200 && each!.body === `${half}end`);
  assert.ok(whole.length > 0, 'the other worker has answered its clients');
  assert.ok(whole.length < CLIENTS, 'the crash must have hit someone, or nothing was tested');
  await eventually(10_000, 'two workers run again', async () =>
    /sluice_worker_restarts_total 1\b/.test(await (await gateway.admin('/metrics')).text()),
  );
  const before = origin.requests.length;
  for (let turn = 0; turn < 40; turn++) assert.equal((await ask(gateway.port, `/${turn % 2 === 0 ? 'a' : 'b'}`)).body, `${half}end`);
  assert.ok(origin.requests.length <= before + 2, 'both are hits on both workers, once they are whole');
  clearInterval(ending);
  rmSync(folder, { recursive: true, force: true });
});
