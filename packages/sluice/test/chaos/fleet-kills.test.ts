/** Whoever is killed with -9, instances and Sluice itself: nothing is left, or everything is found again, and nothing is doubled. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FleetServiceStatus } from '../../src/observe/fleet-status.ts';
import { APP, isRunning, startFleet, type FleetSite } from '../support/fleet-site.ts';
import { getOnce } from '../support/load.ts';
import { describeMixed, startMixedLoad } from '../support/mixed-load.ts';
import { startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const RUN = { command: APP, ready: { http: '/', interval: '300ms' }, drain: '3s', stop: '1s' };
const DETACHED = { fleet: { detach: true, directory: 'fleet' } };
const CRASH_HOOK = fileURLToPath(new URL('../fixtures/crash-worker.mjs', import.meta.url));

const handles = ({ instances }: FleetServiceStatus): number[] => instances.map(({ handle }) => Number(handle)).toSorted((a, b) => a - b);

/** Processes of this machine with this in their environment. */
async function processesWith(variable: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(variable) && (await isRunning(Number(name)))) found.push(Number(name));
  }
  return found.toSorted((a, b) => a - b);
}

/** Sluice is killed, and started again in the same place. */
async function restarted(t: TestContext, site: FleetSite): Promise<FleetSite> {
  site.sluice.signal('SIGKILL');
  await site.sluice.ended;
  const { sluice, url, admin } = await startSluice(t, ['up', '--config', join(site.folder, 'sluice.config.json')], { cwd: site.folder });
  Object.assign(site, { sluice, url, admin });
  return site;
}

/** Ends what a detached Sluice leaves, when the test ends. */
function endLater(t: TestContext, marker: string): void {
  t.after(async () => {
    for (const pid of await processesWith(marker)) process.kill(pid, 'SIGKILL');
  });
}

test('instances killed with -9 under load, one after the other, cost no GET', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 4 }, 4);
  const load = startMixedLoad(t, site.url, { lanes: 16 });
  for (let kills = 1; kills <= 4; kills++) {
    await load.more(100);
    process.kill(handles(await site.status())[0]!, 'SIGKILL');
    await site.sluice.count(/ instance-exited .*signal SIGKILL/, kills);
    await site.sluice.count(/ instance-ready /, 4 + kills);
  }
  await load.more(100);
  const counts = await load.stop();
  // A POST whose reply the kill took may have been done: it is not asked again.
  assert.deepEqual(
    counts.failures.filter((failure) => !failure.includes('(POST')),
    [],
    describeMixed(counts),
  );
  assert.ok(counts.failures.length <= 4 * 8, describeMixed(counts));
});

test(
  'a worker that crashes leaves the fleet as it was: drains are not held up by what it had in flight',
  { timeout: 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const environment = { NODE_OPTIONS: `--import=${CRASH_HOOK}`, CRASH_FILE: join(folder, 'crash') };
    const run = { ...RUN, drain: '30s', env: { NODE_OPTIONS: '' } };
    const site = await startFleet(t, { run, replicas: { min: 1, max: 3, initial: 3 } }, 3, {}, environment);
    const held = Array.from({ length: 12 }, () => getOnce(`${site.url}/?ms=2000`).catch((error: Error) => error));
    await site.until('all are in flight', ({ instances }) => instances.reduce((sum, { inflight }) => sum + inflight, 0) === 12);
    writeFileSync(join(folder, 'crash'), '');
    await site.sluice.line(/ worker-crashed /);
    await site.tell('scale', { instances: 1 });
    const results = await Promise.all(held);
    assert.ok(results.some((result) => result instanceof Error) && results.some((result) => !(result instanceof Error)));
    const before = performance.now();
    await site.settled(1);
    assert.ok(performance.now() - before < 10_000, 'nobody waited for what was lost');
    const load = startMixedLoad(t, site.url);
    await load.more(100);
    assert.deepEqual((await load.stop()).failures, []);
  },
);

test('Sluice killed with -9 leaves nothing', { timeout: 60_000 }, async (t) => {
  const marker = `FLEET_TEST=${process.pid}-default`;
  endLater(t, marker);
  const env = { FLEET_TEST: `${process.pid}-default` };
  const site = await startFleet(t, { run: { ...RUN, env }, replicas: 3 }, 3);
  assert.equal((await processesWith(marker)).length, 3);
  site.sluice.signal('SIGKILL');
  await eventually(5_000, 'all are gone', async () => (await processesWith(marker)).length === 0);
});

test('detached, the instances of a killed Sluice are found again: the same, and no others', { timeout: 60_000 }, async (t) => {
  const marker = `FLEET_TEST=${process.pid}-detached`;
  endLater(t, marker);
  const env = { FLEET_TEST: `${process.pid}-detached` };
  const site = await startFleet(t, { run: { ...RUN, env }, replicas: { min: 1, max: 5, initial: 2 } }, 2, DETACHED);
  await site.tell('scale', { instances: 4 });
  const before = handles(await site.settled(4));
  await restarted(t, site);
  await site.sluice.count(/ instance-adopted /, 4);
  const load = startMixedLoad(t, site.url);
  await load.more(100);
  assert.deepEqual(handles(await site.status()), before);
  assert.deepEqual(await processesWith(marker), before);
  // One that dies meanwhile is replaced, by name and number.
  process.kill(before[0]!, 'SIGKILL');
  await site.sluice.count(/ instance-ready /, 1);
  await site.settled(4);
  assert.equal((await processesWith(marker)).length, 4);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await site.until('all are new', ({ deploy, instances }) => deploy === null && instances.every(({ version }) => version === 'v2'));
  const counts = await load.stop();
  assert.deepEqual(
    counts.failures.filter((failure) => !failure.includes('(POST')),
    [],
    describeMixed(counts),
  );
  await site.stop();
  assert.equal((await processesWith(marker)).length, 4, 'an orderly end leaves them, too');
});

test('detached, a Sluice killed in the middle of a deploy finishes it: one number, one version', { timeout: 60_000 }, async (t) => {
  const marker = `FLEET_TEST=${process.pid}-deploy`;
  endLater(t, marker);
  const env = { FLEET_TEST: `${process.pid}-deploy`, START_MS: '200' };
  const site = await startFleet(t, { run: { ...RUN, env }, replicas: 4, deploy: { maxSurge: 1 } }, 4, DETACHED);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await site.until('it is half done', ({ deploy }) => (deploy?.ready ?? 0) >= 2);
  await restarted(t, site);
  const { version, wanted, instances } = await site.until(
    'it is finished',
    (status) => status.deploy === null && status.ready === 4 && status.instances.length === 4,
  );
  assert.deepEqual([version, wanted], ['v2', 4]);
  assert.deepEqual([...new Set(instances.map((instance) => instance.version))], ['v2']);
  assert.equal((await processesWith(marker)).length, 4);
  await site.tell('rollback');
  await site.until(
    'the version before is known',
    ({ deploy, instances: now }) => deploy === null && now.every((one) => one.version === 'v1'),
  );
});

test(
  'detached, another configuration while Sluice is away: a deploy at its next start, and the end of what it does not name',
  { timeout: 60_000 },
  async (t) => {
    const marker = `FLEET_TEST=${process.pid}-away`;
    endLater(t, marker);
    const env = { FLEET_TEST: `${process.pid}-away` };
    const site = await startFleet(t, { run: { ...RUN, env }, replicas: 3 }, 3, DETACHED);
    process.kill(handles(await site.status())[0]!, 'SIGKILL');
    await site.write({ run: { ...RUN, env: { ...env, CHANGE: '1' } }, replicas: 2 }, DETACHED);
    await restarted(t, site);
    const isNew = ({ deploy, version, ready, instances }: FleetServiceStatus): boolean =>
      deploy === null && version === 'v2' && ready === 2 && instances.length === 2;
    const after = handles(await site.until('two of the new version', isNew));
    assert.deepEqual(await processesWith(marker), after);
    await site.write({ endpoints: ['127.0.0.1:1'] }, DETACHED);
    await restarted(t, site);
    await eventually(15_000, 'they are ended', async () => (await processesWith(marker)).length === 0);
  },
);
