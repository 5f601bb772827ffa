/** The disk tier under kills: whatever is left, a start is clean, and every byte that is served is right. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const ROUNDS = 4;
const PATHS = 300;

/** What a path is always answered with; 1 KiB to 700 KiB. */
function bodyOf(path: string): string {
  const size = 1_024 * (1 + (Number(path.slice(1)) % 7 === 0 ? 700 : Number(path.slice(1)) % 40));
  return createHash('sha256')
    .update(path)
    .digest('hex')
    .repeat(Math.ceil(size / 64))
    .slice(0, size);
}

interface Figures {
  readonly state: string;
  readonly writes: number;
  readonly bytes: number;
  readonly hits: number;
}

async function disk(gateway: Gateway): Promise<Figures> {
  const [cache] = (await (await gateway.admin('/api/caches')).json()) as { disk: Figures }[];
  return cache!.disk;
}

test('killed in the middle of writing, again and again, it starts clean and serves what is right', async () => {
  await using origin = await startCacheOrigin();
  for (let index = 0; index < PATHS; index++)
    origin.on(`/${index}`, (_request, response) => response.writeHead(200, { 'cache-control': 'max-age=600' }).end(bodyOf(`/${index}`)));
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  const directory = join(folder, 'cache');
  const config = {
    ...oneOrigin(origin.port),
    workers: 2,
    filters: ['cache' as const],
    caches: { default: { memory: '8MiB', disk: { path: directory, size: '24MiB' } } },
  };
  let hits = 0;
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      await using gateway = await startGateway(config);
      await eventually(20_000, `the disk is ready in round ${round}`, async () => (await disk(gateway)).state === 'on');
      const left = existsSync(join(directory, 'new')) ? readdirSync(join(directory, 'new')) : [];
      assert.deepEqual(left, [], 'what was being written is gone');
      let isOver = false;
      let asked = 0;
      const load = async (from: number): Promise<void> => {
        for (let index = from; !isOver; index = (index + 11) % PATHS) {
          const got = await ask(gateway.port, `/${index}`, { headers: { host: 'www.example' } }).catch(() => null);
          if (got === null || got.isCut) continue; // killed meanwhile
          assert.equal(got.body === bodyOf(`/${index}`), true, `/${index} in round ${round}`);
          asked++;
        }
      };
      const loads = [0, 1, 2, 3].map(load);
      await eventually(20_000, 'it writes', async () => (await disk(gateway)).writes > 40);
      await sleep(50 * round);
      ({ hits } = await disk(gateway));
      assert.ok((await disk(gateway)).bytes <= 24 * 2 ** 20);
      if (round < ROUNDS) gateway.signal('SIGKILL');
      isOver = true;
      await Promise.all(loads);
      assert.ok(asked > 40);
    }
    assert.ok(hits > 0, 'the last one found what those before had left');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
