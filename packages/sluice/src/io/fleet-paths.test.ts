import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPlan } from './load-plan.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-fleet-paths-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const CONFIG = `
listeners: { web: { http: ':8080' } }
fleet: { detach: true }
services:
  near: { run: { command: [node, a.js], cwd: app, logs: { directory: ../logs } } }
  plain: { run: { command: [node, a.js] } }
  far: { run: { command: [node, a.js], cwd: /srv } }
  pods: { run: { kubernetes: { deployment: pods, service: pods, kubeconfig: kube.yaml } } }
routes: [{ to: { near: 1, plain: 1, far: 1, pods: 1 } }]
`;

test("paths of the fleet are meant from the configuration's directory", async () => {
  const at = join(directory, 'etc');
  mkdirSync(at);
  const path = join(at, 'sluice.config.yaml');
  writeFileSync(path, CONFIG);
  const result = await loadPlan(path, { generation: 1, cores: 1 });
  assert.ok(result.ok);
  const { fleet } = result.settings;
  assert.equal(fleet.directory, join(at, '.sluice'));
  const places = fleet.services.map(({ run }) => {
    if (run.runner === 'process') return [run.cwd, run.logs.directory];
    return run.runner === 'kubernetes' ? run.kubeconfig : null;
  });
  assert.deepEqual(places, [[join(at, 'app'), join(directory, 'logs')], [null, null], ['/srv', null], join(at, 'kube.yaml')]);
});
