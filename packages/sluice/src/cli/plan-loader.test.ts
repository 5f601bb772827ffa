import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../config/compile.ts';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import { NO_FLEET } from '../config/fleet-plan.ts';
import { validate } from '../config/validate.ts';
import { PlanLoader } from './plan-loader.ts';

/** How often the configuration itself was read when the plan was loaded twice, as when a file that it names has changed. */
async function readingsOf(filter: object): Promise<number> {
  const result = validate({ listeners: { web: { http: ':8080' } }, routes: [{ filters: [filter, { fixed: 204 }] }] }, () => null);
  assert.ok(result.ok);
  const plan = compile(result.config, { generation: 1, cores: 1 });
  const settings = { watch: false, observe: NO_OBSERVE, acme: null, fleet: NO_FLEET };
  let readings = 0;
  const loader = new PlanLoader({
    source: {
      name: 'test',
      workersExpected: 1,
      load: () => {
        readings += 1;
        return Promise.resolve({ ok: true, plan, path: null, settings, warnings: [], outdated: [], files: [] });
      },
      close: () => {},
    },
    say: () => {},
    workersMax: 64,
    loaded: () => {},
  });
  for (let round = 0; round < 2; round++) assert.ok((await loader.load()).ok);
  return readings;
}

test('a file that changed is read without the configuration: nobody asked for what else was edited', async () => {
  assert.equal(await readingsOf({ headers: { response: { remove: ['x-a'] } } }), 1);
});

test('modules of users are loaded with the configuration, outside of the main thread, also when one of their files has changed', async () => {
  assert.equal(await readingsOf({ custom: { module: './nowhere.ts' } }), 2);
});
