import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { processRun } from '../../../test/support/process-driver-stage.ts';
import { ProcessHost } from './process-driver-host.ts';

test('a kernel that has no room for groups is said once, not with each start', async () => {
  const said: string[] = [];
  const full = (name: string): never => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, mkdir '/sys/fs/cgroup/${name}'`), { code: 'ENOSPC' });
  };
  await using host = new ProcessHost({
    directory: null,
    isDetached: false,
    keepAliveMs: 65_000,
    runtime: nodeRuntime,
    say: (_level, what, detail) => said.push(`${what}: ${String(detail['reason'])}`),
    openCgroups: () => ({ version: 2, create: full, find: () => null, sweep: () => {} }),
  });
  const run = processRun(['true'], { resources: { cpu: 1, memoryBytes: null } });
  for (let starts = 0; starts < 3; starts++) {
    const place = await host.place({ service: 'web', id: 'web.1', version: 'v1', run }, run, null);
    await place.release();
  }
  assert.deepEqual(said, ['resources-not-bound: no cgroup can be made: ENOSPC']);
});
