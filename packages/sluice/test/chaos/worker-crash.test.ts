/** A worker thread that crashes takes its own connections with it and nothing else; another takes its place. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { oneOrigin, startGateway } from '../support/gateway.ts';
import { startInstance } from '../support/instances.ts';
import { describeFailures, startSteadyLoad } from '../support/steady-load.ts';
import { eventually, within } from '../support/waiting.ts';

const hook = fileURLToPath(new URL('../fixtures/crash-worker.mjs', import.meta.url));

test('only the connections of the crashed worker break, once each, and all lanes go on', { timeout: 60_000 }, async () => {
  await using one = await startInstance('one');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
  const file = join(folder, 'crash');
  const environment = { NODE_OPTIONS: `--import=${hook}`, CRASH_FILE: file };
  await using gateway = await startGateway({ ...oneOrigin(one.port), workers: 2 }, { environment });
  const load = startSteadyLoad({ port: gateway.port, connections: 40, pauseMs: 2 });
  await within(10_000, 'requests run', load.more(400));
  writeFileSync(file, '');
  await eventually(5000, 'the crash is reported', () => gateway.output().includes('worker-crashed'));
  await within(10_000, 'requests go on', load.more(2000));
  const counts = await load.stop();
  const lanes = new Set(counts.failures.map((each) => each.lane));
  assert.equal(counts.failures.length, lanes.size, `no connection may break twice: ${describeFailures(counts)}`);
  assert.ok(lanes.size > 0, 'the crash must have hit someone, or nothing was tested');
  assert.ok(lanes.size < 40, `the other worker's connections must live on: ${describeFailures(counts)}`);
  await eventually(5000, 'two workers run again', async () =>
    /sluice_worker_restarts_total 1\b/.test(await (await gateway.admin('/metrics')).text()),
  );
  rmSync(folder, { recursive: true, force: true });
});
