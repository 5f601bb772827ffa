/** Containers over real engines: a dockerd and a podman service of the test's own, in namespaces of their own (`../containers/container-suite.ts`). */
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { engineFault, removeGroups, runInNetwork } from '../support/container-network.ts';

const SUITE = fileURLToPath(new URL('../containers/container-suite.ts', import.meta.url));

for (const name of ['docker', 'podman'] as const) {
  const fault = engineFault(name);
  test(`containers of ${name}`, { skip: fault ?? false }, async (t) => {
    t.after(() => removeGroups(name === 'docker' ? 'sluice-test' : 'libpod_parent'));
    t.diagnostic(await runInNetwork(SUITE, name));
  });
}
