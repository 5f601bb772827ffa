import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../config/compile.ts';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import { NO_FLEET } from '../config/fleet-plan.ts';
import { validate } from '../config/validate.ts';
import type { Plan } from '../config/plan.ts';
import { PlanLoader } from './plan-loader.ts';
import { ReloadLine } from './reload-line.ts';

/** A loader of one configuration, and how often it was read. */
function setUp(filter: object) {
  const result = validate({ listeners: { web: { http: ':8080' } }, routes: [{ filters: [filter, { fixed: 204 }] }] }, () => null);
  assert.ok(result.ok);
  const { config } = result;
  const settings = { watch: false, observe: NO_OBSERVE, acme: null, fleet: NO_FLEET };
  const world = { readings: 0, workers: 1 };
  const loader = new PlanLoader({
    source: {
      name: 'test',
      workersExpected: 1,
      load: () => {
        world.readings += 1;
        const plan = { ...compile(config, { generation: 1, cores: 1 }), workers: world.workers };
        return Promise.resolve({ ok: true, plan, path: null, settings, warnings: [], outdated: [], files: [] });
      },
      close: () => {},
    },
    say: () => {},
    workersMax: 64,
    loaded: () => {},
  });
  const load = async (): Promise<Plan> => {
    const loaded = await loader.load();
    assert.ok(loaded.ok);
    return loaded.plan;
  };
  return { loader, load, world };
}

/** How often the configuration itself was read when the plan was loaded twice, as when a file that it names has changed. */
async function readingsOf(filter: object): Promise<number> {
  const { load, world } = setUp(filter);
  for (let round = 0; round < 2; round++) await load();
  return world.readings;
}

test('a file that changed is read without the configuration: nobody asked for what else was edited', async () => {
  assert.equal(await readingsOf({ headers: { response: { remove: ['x-a'] } } }), 1);
});

test('modules of users are loaded with the configuration, outside of the main thread, also when one of their files has changed', async () => {
  assert.equal(await readingsOf({ custom: { module: './nowhere.ts' } }), 2);
});

test('one that was brought back and could not be run is not tried again because a file has changed', async () => {
  const { loader, load, world } = setUp({ headers: { response: { remove: ['x-a'] } } });
  const first = await load();
  loader.applied(first);
  world.workers = 2;
  loader.readAll();
  loader.applied(await load());
  loader.bringBack(first);
  assert.equal((await load()).workers, 1);
  // The applier refused it: nothing was applied.
  assert.equal((await load()).workers, 2);
});

test('a rollback and a reload at once: each gives what it says, the later one stays', async () => {
  const { loader, load, world } = setUp({ headers: { response: { remove: ['x-a'] } } });
  const first = await load();
  loader.applied(first);
  world.workers = 2;
  const ran: string[] = [];
  const line = new ReloadLine(async (wish, by) => {
    if (wish === 'all') loader.readAll();
    else if (wish !== 'files') loader.bringBack(wish);
    const plan = await load();
    loader.applied(plan);
    ran.push(`${by} ${plan.workers}`);
    return { ok: true, generation: plan.workers, changes: [], tookMs: 0 };
  });
  const all = [line.request(first, 'rollback'), line.request('all', 'reload'), line.request(first, 'again')];
  const results = await Promise.all(all);
  assert.deepEqual(
    results.map((result) => result.ok && result.generation),
    [1, 2, 1],
  );
  assert.deepEqual(ran, ['rollback 1', 'reload 2', 'again 1']);
});
