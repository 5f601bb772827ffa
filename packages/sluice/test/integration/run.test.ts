/** `sluice run` as people run it: real processes, real signals. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/observe/status.ts';
import { getOnce, startLoad } from '../support/load.ts';
import { runSluice, SluiceProcess, startSluice } from '../support/sluice-process.ts';

const INSTANCE = fileURLToPath(new URL('../fixtures/instance.mjs', import.meta.url));
const ANYWHERE = ['--port', '127.0.0.1:0', '--admin', '127.0.0.1:0'] as const;

async function pidOf(url: string): Promise<number> {
  return (JSON.parse((await getOnce(url)).body) as { pid: number }).pid;
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

async function readStatus(admin: string): Promise<Status> {
  const { code, output } = await runSluice(['status', '--json', '--admin', admin]);
  assert.equal(code, 0, output);
  return JSON.parse(output) as Status;
}

test('all instances get requests, and their output carries their names', { timeout: 30_000 }, async (t) => {
  const { sluice, url, admin } = await startSluice(t, [
    'run',
    ...ANYWHERE,
    '--instances',
    '3',
    '--health',
    '/',
    '--',
    process.execPath,
    INSTANCE,
  ]);
  await sluice.count(/instance-ready/, 3);
  await sluice.line(/^\[web\.2\] listening as web\.2$/);
  const load = startLoad(url, 8);
  await load.more(300);
  const { byInstance, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual(
    [...byInstance.keys()].toSorted((a, b) => a.localeCompare(b)),
    ['web.1', 'web.2', 'web.3'],
  );
  const status = await readStatus(admin);
  assert.deepEqual(
    status.services[0]?.endpoints.map(({ state }) => state),
    ['up', 'up', 'up'],
  );
});

test('an instance killed with -9 under load costs no request and comes back', { timeout: 30_000 }, async (t) => {
  const { sluice, url, admin } = await startSluice(t, ['run', ...ANYWHERE, '--instances', '3', '--', process.execPath, INSTANCE]);
  await sluice.count(/instance-ready/, 3);
  const load = startLoad(url, 16);
  await load.more(200);
  process.kill(await pidOf(url), 'SIGKILL');
  await sluice.line(/instance-exited .*signal SIGKILL/);
  await sluice.count(/instance-ready/, 4);
  await load.more(200);
  const { failures, total } = await load.stop();
  assert.deepEqual(failures, [], `of ${total}`);
  const status = await readStatus(admin);
  assert.equal(status.services[0]?.endpoints.filter(({ state }) => state === 'up').length, 3);
});

test('SIGTERM finishes a request that is under way, then ends the instances', { timeout: 30_000 }, async (t) => {
  const { sluice, url } = await startSluice(t, ['run', ...ANYWHERE, '--instances', '2', '--', process.execPath, INSTANCE]);
  await sluice.count(/instance-ready/, 2);
  const pid = await pidOf(url);
  const slow = getOnce(`${url}/slow?ms=600`);
  await sluice.line(/slow request begun/);
  sluice.signal('SIGTERM');
  assert.equal((await slow).status, 200);
  assert.deepEqual(await sluice.ended, { code: 0, signal: null });
  assert.equal(await isRunning(pid), false);
});

test('no instance outlives a sluice that is killed with -9', { timeout: 30_000 }, async (t) => {
  const { sluice, url } = await startSluice(t, ['run', ...ANYWHERE, '--instances', '1', '--', process.execPath, INSTANCE]);
  await sluice.count(/instance-ready/, 1);
  const pid = await pidOf(url);
  sluice.signal('SIGKILL');
  await sluice.ended;
  while (await isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('a program that keeps exiting is told of once', { timeout: 30_000 }, async (t) => {
  const { sluice, url } = await startSluice(t, [
    'run',
    ...ANYWHERE,
    '--instances',
    '1',
    '--',
    process.execPath,
    '--eval',
    'process.exit(3)',
  ]);
  await sluice.line(/instance-crash-loop .*exit code 3/);
  assert.equal((await getOnce(url)).status, 503);
  assert.equal(sluice.lines.filter((line) => line.includes('instance-exited')).length, 2);
});

test('a program that does not exist ends the command with its name', { timeout: 30_000 }, async () => {
  const { code, output } = await runSluice(['run', ...ANYWHERE, '--', 'no-such-program']);
  assert.equal(code, 1);
  assert.match(
    output,
    /^sluice: no instance can be started: service "web": not found: no-such-program .*install it, or give its whole path$/m,
  );
  assert.equal(output.split('not found: no-such-program').length, 2, `said once: ${output}`);
  assert.doesNotMatch(output, /sluice deploy/);
});

test('--help shows no empty lists as defaults', { timeout: 30_000 }, async () => {
  for (const command of ['run', 'deploy', 'explain', 'proxy']) {
    const { code, output } = await runSluice([command, '--help']);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /default: \[\]/, command);
  }
});

test('two that outlive their instances do not share a directory: the second one ends, and says why', { timeout: 30_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-run-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const args = ['run', ...ANYWHERE, '--detach', '--directory', directory, '--instances', '1', '--', process.execPath, INSTANCE];
  const { sluice, url } = await startSluice(t, args);
  await sluice.line(/instance-ready/);
  const pid = await pidOf(url);
  t.after(() => process.kill(pid, 'SIGKILL'));
  const { code, output } = await runSluice(args);
  assert.equal(code, 1, output);
  assert.match(output, /sluice: no instance can be started: directory \S+ is in use by another Sluice \(process \d+\): stop it, or choose/);
  assert.doesNotMatch(output, /engine-away|instance-/);
  const run = { command: [process.execPath, INSTANCE] };
  const config = {
    listeners: { web: { http: '127.0.0.1:0' } },
    services: { web: { run } },
    routes: [{ path: '/*', to: 'web' }],
    fleet: { directory, detach: true },
    admin: '127.0.0.1:0',
  };
  const path = join(directory, 'sluice.config.json');
  await writeFile(path, JSON.stringify(config));
  const up = await runSluice(['up', '--config', path]);
  assert.deepEqual([up.code, up.output.match(/is in use by another Sluice/g)?.length], [1, 1], up.output);
  assert.equal(await pidOf(url), pid);
});

test('instances that a detached one left are named by one that is not detached', { timeout: 30_000 }, async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'sluice-run-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  const program = ['--instances', '1', '--', process.execPath, INSTANCE];
  const { sluice, url } = await startSluice(t, ['run', ...ANYWHERE, '--detach', ...program], { cwd });
  await sluice.line(/instance-ready/);
  const pid = await pidOf(url);
  t.after(() => process.kill(pid, 'SIGKILL'));
  sluice.signal('SIGTERM');
  await sluice.ended;
  const second = await startSluice(t, ['run', ...ANYWHERE, ...program], { cwd });
  const line = await second.sluice.line(/instances-left .*/);
  assert.ok(line[0]?.includes(`web.1 (process ${pid}) of an earlier Sluice still runs`), line[0]);
});

test('a port in use is named, with the remedy', { timeout: 30_000 }, async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { code, output } = await runSluice(['run', '--port', address, '--admin', 'off', '--', process.execPath, INSTANCE]);
  assert.equal(code, 1);
  assert.match(output, new RegExp(`${address} is in use by another program: .*choose another port`));
});

test('--tls dev serves https with a certificate for this machine', { timeout: 30_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-run-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const args = ['run', ...ANYWHERE, '--tls', 'dev', '--', process.execPath, INSTANCE];
  const sluice = new SluiceProcess(args, { env: { SLUICE_DEV_DIR: directory } });
  t.after(() => sluice.child.kill('SIGKILL'));
  await sluice.count(/instance-ready/, 2);
  const [, port = ''] = await sluice.line(/listener +web +https:\/\/127\.0\.0\.1:(\d+)/);
  const ca = await readFile(join(directory, 'ca.pem'));
  const request = get({ host: '127.0.0.1', port: Number(port), ca, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.destroy();
});

for (const [what, args] of [
  ['an unknown flag', ['run', '--prot', '1', '--', 'true']],
  ['a port that is none', ['run', '--port', '99999', '--', 'true']],
  ['no command', ['run']],
  ['no instances', ['run', '--instances', '0', '--', 'true']],
  ['an unknown algorithm', ['run', '--balance', 'p3c', '--admin', 'off', '--', 'true']],
  ['a name that is none', ['run', '--name', 'a b', '--', 'true']],
  ['an admin API for everybody without a token', ['run', '--admin', '0.0.0.0:9900', '--', 'true']],
  ['an unknown command', ['rnu']],
  ['a proxy to nowhere', ['proxy', '--from', ':8080']],
  ['a certificate without its key', ['proxy', '--from', ':8443', '--to', '127.0.0.1:1', '--tls', 'a.pem']],
  ['a weight that is none', ['proxy', '--from', ':8080', '--to', '127.0.0.1:1,weight=x']],
] as const) {
  test(`${what} is one clear line and exit 2`, { timeout: 30_000 }, async () => {
    const { code, output } = await runSluice(args);
    assert.equal(code, 2, output);
    assert.match(output, /^sluice: [^\n]+$/);
  });
}
