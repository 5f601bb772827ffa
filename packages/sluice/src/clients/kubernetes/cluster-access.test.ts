import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadClusterAccess } from './cluster-access.ts';
import { KubernetesFault } from './kubernetes-fault.ts';

/** An empty home, until the test ends. */
async function emptyHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-home-'));
  const { HOME, KUBECONFIG } = process.env;
  process.env['HOME'] = home;
  delete process.env['KUBECONFIG'];
  t.after(() => {
    Object.assign(process.env, { HOME }, KUBECONFIG === undefined ? {} : { KUBECONFIG });
    return rm(home, { recursive: true, force: true });
  });
  return home;
}

test('without a kubeconfig it is said where it was looked for, and what to do', async (t) => {
  const home = await emptyHome(t);
  await assert.rejects(loadClusterAccess(null, null), (error: unknown) => {
    assert.ok(error instanceof KubernetesFault);
    assert.equal(error.kind, 'setup');
    assert.match(error.message, /^no kubeconfig was found: looked at \$KUBECONFIG \(not set\), /);
    assert.ok(error.message.includes(join(home, '.kube/config')), error.message);
    assert.match(error.message, /a pod's own account .*set run\.kubernetes\.kubeconfig or \$KUBECONFIG, or run Sluice in a pod$/);
    return true;
  });
});

test('a cluster on localhost:8080 is used where a kubeconfig names it', async (t) => {
  const home = await emptyHome(t);
  const path = join(home, 'config');
  const context = { name: 'here', context: { cluster: 'mine', user: 'me' } };
  const clusters = [{ name: 'mine', cluster: { server: 'http://localhost:8080' } }];
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters,
      users: [{ name: 'me', user: {} }],
      contexts: [context],
      'current-context': 'here',
    }),
  );
  process.env['KUBECONFIG'] = path;
  t.after(() => delete process.env['KUBECONFIG']);
  assert.equal((await loadClusterAccess(null, null)).server.href, 'http://localhost:8080/');
});
