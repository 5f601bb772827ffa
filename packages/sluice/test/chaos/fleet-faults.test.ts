/** Programs that go wrong, each in its way: what the fleet does, the state it names, and the line it says. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InstanceStatus } from '../../src/observe/fleet-status.ts';
import { APP, isRunning, startFleet } from '../support/fleet-site.ts';
import { getOnce } from '../support/load.ts';
import { startMixedLoad } from '../support/mixed-load.ts';
import { describeFailures, startSteadyLoad } from '../support/steady-load.ts';
import { eventually, within } from '../support/waiting.ts';

const LIFE = { ready: { http: '/', within: '800ms', interval: '300ms' }, drain: '1s', stop: '400ms' };
const MEBIBYTE = 1_048_576;

const ill = (...how: string[]): readonly string[] => [
  process.execPath,
  fileURLToPath(new URL('../fixtures/fleet-ill.mjs', import.meta.url)),
  ...how,
];

const portOf = (url: string): number => Number(new URL(url).port);

/** In which trouble every instance is. */
const isIn =
  (what: RegExp) =>
  ({ instances }: { readonly instances: readonly InstanceStatus[] }): boolean =>
    instances.length > 0 && instances.every(({ trouble }) => what.test(trouble ?? ''));

async function pids(url: string): Promise<{ readonly pid: number; readonly child: number }> {
  return JSON.parse((await getOnce(url)).body) as { pid: number; child: number };
}

test('a command that does not exist: unstartable, 503 at once, and right again after a correction', { timeout: 30_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: ['no-such-program'], ...LIFE }, replicas: 2 }, 0);
  await site.sluice.line(/ instance-unstartable .*app\.1 cannot be started: .*no-such-program.*Correct `run`/);
  await site.until('it is said', isIn(/app\.\d cannot be started: .*no-such-program/));
  assert.equal((await getOnce(site.url)).status, 503);
  await site.write({ run: { command: APP, ...LIFE }, replicas: 2 });
  await site.tell('reload');
  await site.settled(2);
  assert.equal((await getOnce(site.url)).status, 200);
});

test('a program that ends at once: a crash loop, said once', { timeout: 30_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: [process.execPath, '--eval', 'process.exit(3)'], ...LIFE } }, 0);
  const [line] = await site.sluice.line(/ instance-crash-loop .*app\.1 keeps ending: 3 times in a row, last: exit code 3.*/);
  assert.match(line, /sluice logs app.*sluice rollback app/);
  await site.until('it is said', isIn(/app\.1 keeps ending: \d+ times in a row/));
  // Whoever came before that was known has waited; nobody waits after it.
  assert.equal((await within(2_000, 'a refusal', getOnce(site.url))).status, 503);
});

test('a program that never gets ready is stopped and started again', { timeout: 30_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: ill('mute'), ...LIFE } }, 0);
  await site.sluice.line(/ instance-never-ready .*app\.1 does not get ready: no answer to its probe within 800 ms/);
  await site.until('it is said', isIn(/app\.1 does not get ready/));
  await site.sluice.line(/ instance-crash-loop .*app\.1 does not get ready: 3 times in a row/);
  const { instances } = await site.status();
  assert.deepEqual(
    instances.map(({ id, restarts }) => [id, restarts]),
    [['app.1', 2]],
    'it is the same instance each time',
  );
  assert.equal(site.sluice.lines.filter((line) => line.includes('instance-never-ready')).length, 3);
});

test('a program that ignores SIGTERM is killed after its time, and the deploy goes on', { timeout: 30_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: ill('stubborn'), ...LIFE }, replicas: 1 }, 1);
  const { pid } = await pids(site.url);
  await site.tell('deploy', { command: APP });
  await site.sluice.line(/ instance-ignores-sigterm .*app\.1 does not end after SIGTERM: still there 400 ms after SIGTERM: SIGKILL sent/);
  await site.settled(1);
  assert.equal(await isRunning(pid), false);
});

test('a program that needs more memory than it may have is ended by the kernel and started again', { timeout: 30_000 }, async (t) => {
  const resources = { memory: '160MiB' };
  const site = await startFleet(t, { run: { command: ill('leaky'), ...LIFE, resources }, replicas: 2, balance: 'round-robin' }, 2);
  assert.ok(!site.sluice.output.includes('resources-not-bound'), site.sluice.output);
  const load = startMixedLoad(t, site.url, { lanes: 4 });
  await eventually(15_000, 'the bound is reached', async () => {
    await getOnce(`${site.url}/leak`);
    return site.sluice.output.includes('instance-out-of-memory');
  });
  await site.sluice.line(/ instance-out-of-memory .*needed more memory than it may have: .*memory bound of 160 MiB/);
  await site.sluice.count(/ instance-ready /, 3);
  const { failures } = await load.stop();
  // A GET that the kill met was asked again of the other instance.
  assert.deepEqual(
    failures.filter((failure) => failure.includes('(GET') && !failure.startsWith('a wrong reply')),
    [],
  );
  const holds = ({ memoryBytes }: InstanceStatus): boolean => memoryBytes !== null && memoryBytes < 160 * MEBIBYTE;
  await site.until('what they hold is known', ({ ready, instances }) => ready === 2 && instances.every(holds));
});

test('children of an instance do not survive it, however it ends', { timeout: 30_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: ill('parent'), ...LIFE }, replicas: { min: 1, max: 2 } }, 1);
  const killed = await pids(site.url);
  process.kill(killed.pid, 'SIGKILL');
  await eventually(5_000, 'the child of the killed one is gone', async () => !(await isRunning(killed.child)));
  await site.sluice.count(/ instance-ready/, 2);
  const replaced = await pids(site.url);
  await site.tell('deploy');
  await site.settled(1);
  await eventually(5_000, 'the child of the replaced one is gone', async () => !(await isRunning(replaced.child)));
  const last = await pids(site.url);
  site.sluice.signal('SIGKILL');
  await eventually(5_000, 'nothing is left of the last one', async () => !(await isRunning(last.pid)) && !(await isRunning(last.child)));
});

test('a gigabyte of log neither fills memory nor disk nor holds up requests', { timeout: 90_000 }, async (t) => {
  const bytes = 1_024 * MEBIBYTE;
  const logs = { directory: 'logs', size: '4MiB', files: 2, terminal: false };
  const site = await startFleet(t, { run: { command: ill('loud', String(bytes)), ...LIFE, logs }, replicas: 2 }, 2);
  const pid = site.sluice.child.pid!;
  const load = startSteadyLoad({ port: portOf(site.url), connections: 4, pauseMs: 5 });
  t.after(() => load.stop());
  await getOnce(`${site.url}/shout`);
  await eventually(60_000, 'the flood is over', () => isFloodOver(join(site.folder, 'logs')));
  const counts = await load.stop();
  assert.deepEqual(counts.failures, [], describeFailures(counts));
  const peak = Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
  assert.ok(peak < 400 * MEBIBYTE, `sluice held ${Math.round(peak / MEBIBYTE)} MiB`);
  assert.ok((await sizeOf(join(site.folder, 'logs'))) < 30 * MEBIBYTE);
});

test('a program that ends with every third request stays in use between its ends', { timeout: 30_000 }, async (t) => {
  const run = { command: ill('weak'), ...LIFE, restart: { base: '50ms', max: '200ms', steady: '1s' } };
  const site = await startFleet(t, { run, replicas: 2 }, 2);
  const answers: number[] = [];
  for (let asked = 0; asked < 12; asked++) answers.push((await getOnce(`${site.url}/weak`)).status);
  assert.ok(answers.filter((status) => status === 200).length >= 8, `${answers.join(' ')}\n${site.sluice.output}`);
  await site.sluice.line(/ instance-exited .*exit code 9/);
});

async function isFloodOver(directory: string): Promise<boolean> {
  for (const name of await readdir(directory).catch(() => []))
    if ((await readFile(join(directory, name)).catch(() => Buffer.of())).includes('flood is over')) return true;
  return false;
}

async function sizeOf(directory: string): Promise<number> {
  const sizes = await Promise.all((await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
