/** `sluice up` as people run it: a configuration file, reloads, signals, the admin commands. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Status } from '../../src/observe/status.ts';
import { getOnce, startLoad } from '../support/load.ts';
import { runSluice, startSluice, type Running } from '../support/sluice-process.ts';

/** An origin that says its name; `/slow` waits until it is let go. */
interface Origin {
  readonly address: string;
  /** The next `/slow` request has arrived. */
  readonly slow: Promise<void>;
  release(): void;
}

async function startOrigin(t: TestContext, name: string): Promise<Origin> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    response.setHeader('x-instance', name);
    if (request.url !== '/slow') return response.end(name);
    arrived.resolve();
    void released.promise.then(() => response.end('slow'));
    return undefined;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, slow: arrived.promise, release: released.resolve };
}

interface Site extends Running {
  readonly file: string;
  /** Replaces the file at once, as deployments do. */
  write(config: object | string): Promise<void>;
}

function site(endpoints: readonly string[], more: object = {}): object {
  return {
    listeners: { web: { http: '127.0.0.1:0' } },
    services: { app: { endpoints, balance: 'round-robin' } },
    routes: [{ path: '/*', to: 'app' }],
    admin: '127.0.0.1:0',
    workers: 2,
    ...more,
  };
}

async function startSite(t: TestContext, config: object, flags: readonly string[] = []): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-up-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.config.json');
  const write = async (next: object | string): Promise<void> => {
    await writeFile(`${file}.new`, typeof next === 'string' ? next : JSON.stringify(next));
    await rename(`${file}.new`, file);
  };
  await write(config);
  return { ...(await startSluice(t, ['up', '--config', file, ...flags])), file, write };
}

async function readStatus(admin: string): Promise<Status> {
  const { code, output } = await runSluice(['status', '--json', '--admin', admin]);
  assert.equal(code, 0, output);
  return JSON.parse(output) as Status;
}

const addressesOf = (status: Status): string[] => status.services.flatMap(({ endpoints }) => endpoints.map(({ address }) => address));

test('SIGHUP brings the new configuration, under load and without a failed request', { timeout: 40_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const { sluice, url, write, admin } = await startSite(t, site([a.address]));
  const load = startLoad(url, 8);
  await load.more(100);
  for (let round = 1; round <= 10; round++) {
    await write(site(round % 2 === 0 ? [a.address] : [b.address]));
    sluice.signal('SIGHUP');
    await sluice.count(/ reloaded /, round);
    await load.more(50);
  }
  const { failures, byInstance } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual(
    [...byInstance.keys()].toSorted((x, y) => x.localeCompare(y)),
    ['a', 'b'],
  );
  assert.ok(addressesOf(await readStatus(admin)).includes(a.address));
});

test('`sluice reload` says what changed, and that nothing did', { timeout: 30_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const { url, write, admin } = await startSite(t, site([a.address]));
  await write(site([a.address, b.address]));
  const changed = await runSluice(['reload', '--admin', admin]);
  assert.equal(changed.code, 0, changed.output);
  assert.ok(changed.output.includes(`service "app": endpoints +${b.address}`), changed.output);
  const seen = new Set([await getOnce(url), await getOnce(url), await getOnce(url), await getOnce(url)].map(({ instance }) => instance));
  assert.ok(seen.has('b'));
  const same = await runSluice(['reload', '--admin', admin]);
  assert.match(same.output, /nothing differs/);
});

test('a wrong configuration is refused with every fault, and the old one runs on', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { sluice, url, write, admin } = await startSite(t, site([a.address]));
  await write({ ...site([a.address]), routes: [{ path: '/*', to: 'ap' }], drainTimeout: 'soon' });
  sluice.signal('SIGHUP');
  await sluice.count(/ reload-refused /, 2);
  const refused = await runSluice(['reload', '--admin', admin]);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /did you mean \\?"app\\?"/);
  assert.match(refused.output, /drainTimeout/);
  assert.equal((await getOnce(url)).instance, 'a');
  await write(site([a.address], { drainTimeout: '5s' }));
  assert.equal((await runSluice(['reload', '--admin', admin])).code, 0);
});

test('a wrong configuration at the start is every fault and exit 2', { timeout: 30_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-up-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'sluice.config.yaml'), 'listeners: { web: { htp: ":0" } }\nroutes: [{ path: "/*", to: "none" }]\n');
  const { code, output } = await runSluice(['up'], folder);
  assert.equal(code, 2);
  assert.match(output, /htp/);
  assert.match(output, /"none"/);
});

test('--watch reloads when the file changes', { timeout: 30_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const { sluice, url, write } = await startSite(t, site([a.address]), ['--watch']);
  await write(site([b.address]));
  await sluice.line(/ reloaded /);
  assert.equal((await getOnce(url)).instance, 'b');
});

test('SIGTERM finishes the request that is under way and refuses new ones', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { sluice, url } = await startSite(t, site([a.address]));
  const slow = getOnce(`${url}/slow`);
  await a.slow;
  sluice.signal('SIGTERM');
  await sluice.line(/ stopping /);
  let isRefused = false;
  while (!isRefused)
    isRefused = await getOnce(url).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    );
  a.release();
  assert.equal((await slow).body, 'slow');
  assert.deepEqual(await sluice.ended, { code: 0, signal: null });
});

test('a second SIGTERM closes at once', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { sluice, url } = await startSite(t, site([a.address]));
  const slow = assert.rejects(getOnce(`${url}/slow`));
  await a.slow;
  sluice.signal('SIGTERM');
  await sluice.line(/ stopping /);
  sluice.signal('SIGTERM');
  await sluice.line(/ stopping-now /);
  await slow;
  assert.deepEqual(await sluice.ended, { code: 1, signal: null });
});

test('`sluice drain` waits for what is in flight, and nothing new comes', { timeout: 30_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const { url, admin } = await startSite(t, site([a.address, b.address], { workers: 1 }));
  const slow = [getOnce(`${url}/slow`), getOnce(`${url}/slow`)];
  await Promise.all([a.slow, b.slow]);
  let isDrained = false;
  const drained = runSluice(['drain', 'app', a.address, '--admin', admin]).then((end) => {
    isDrained = true;
    return end;
  });
  let state = '';
  while (state !== 'draining') state = (await readStatus(admin)).services[0]?.endpoints[0]?.state ?? '';
  for (let request = 0; request < 6; request++) assert.equal((await getOnce(url)).instance, 'b');
  assert.equal(isDrained, false);
  a.release();
  b.release();
  await Promise.all(slow);
  const { code, output } = await drained;
  assert.equal(code, 0, output);
  assert.equal((await readStatus(admin)).services[0]?.endpoints[0]?.state, 'maintenance');
});

test('`sluice drain` of what is not there says what is', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { admin } = await startSite(t, site([a.address]));
  const { code, output } = await runSluice(['drain', 'app', '127.0.0.1:1', '--admin', admin]);
  assert.equal(code, 1);
  assert.ok(output.includes(a.address), output);
});

test('a removed endpoint finishes its request before it goes', { timeout: 30_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const { url, write, admin } = await startSite(t, site([a.address]));
  const slow = getOnce(`${url}/slow`);
  await a.slow;
  await write(site([b.address]));
  assert.equal((await runSluice(['reload', '--admin', admin])).code, 0);
  assert.deepEqual(
    addressesOf(await readStatus(admin)).toSorted((x, y) => x.localeCompare(y)),
    [a.address, b.address].toSorted((x, y) => x.localeCompare(y)),
  );
  assert.equal((await getOnce(url)).instance, 'b');
  a.release();
  assert.equal((await slow).body, 'slow');
  while (addressesOf(await readStatus(admin)).length > 1);
  assert.deepEqual(addressesOf(await readStatus(admin)), [b.address]);
});

test('SIGUSR1 reopens the access log after a rotation', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const folder = await mkdtemp(join(tmpdir(), 'sluice-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const target = join(folder, 'access.log');
  const { sluice, url } = await startSite(t, site([a.address], { accessLog: { format: 'json', target } }));
  await getOnce(`${url}/before`);
  await rename(target, `${target}.1`);
  sluice.signal('SIGUSR1');
  while (!existsSync(target)) await getOnce(`${url}/between`);
  await getOnce(`${url}/after`);
  while (!(await readFile(target, 'utf8')).includes('"/after"')) await new Promise((resolve) => setTimeout(resolve, 20));
  // Lines that were on their way at that moment may be in either file; none is lost.
  assert.match((await readFile(`${target}.1`, 'utf8')) + (await readFile(target, 'utf8')), /"\/before"/);
});

test('`sluice proxy` balances by weight over addresses', { timeout: 30_000 }, async (t) => {
  const [a, b] = [await startOrigin(t, 'a'), await startOrigin(t, 'b')];
  const to = ['--to', a.address, '--to', `${b.address},weight=3`];
  const { url, sluice } = await startSluice(t, [
    'proxy',
    '--from',
    '127.0.0.1:0',
    ...to,
    '--balance',
    'smooth-wrr',
    '--admin',
    '127.0.0.1:0',
    '--workers',
    '1',
  ]);
  const load = startLoad(url, 1);
  await load.more(40);
  const { byInstance, failures, total } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(Math.abs((byInstance.get('b') ?? 0) / total - 0.75) < 0.05, JSON.stringify([...byInstance]));
  sluice.signal('SIGTERM');
  assert.deepEqual(await sluice.ended, { code: 0, signal: null });
});

test('a reload brings more and fewer workers', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { url, write, admin } = await startSite(t, site([a.address], { workers: 1 }));
  for (const workers of [3, 1, 2]) {
    await write(site([a.address], { workers }));
    const { code, output } = await runSluice(['reload', '--admin', admin]);
    assert.equal(code, 0, output);
    assert.equal((await getOnce(url)).instance, 'a');
    while ((await readStatus(admin)).workers !== workers);
  }
});

test('the admin API moves with a reload that is asked for through it', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { write, admin, file } = await startSite(t, site([a.address]));
  const moved = `unix:${file}.sock`;
  await write(site([a.address], { admin: moved }));
  const { code, output } = await runSluice(['reload', '--admin', admin]);
  assert.equal(code, 0, output);
  assert.equal((await readStatus(moved)).reloadsApplied, 1);
  assert.equal((await runSluice(['status', '--admin', admin])).code, 1);
});

test('`sluice explain` names the route and the endpoints that could get the request', { timeout: 30_000 }, async (t) => {
  const a = await startOrigin(t, 'a');
  const { admin } = await startSite(t, site([a.address], { routes: [{ name: 'everything', path: '/*', to: 'app' }] }));
  const { code, output } = await runSluice(['explain', 'GET', '/cart?id=1', '--admin', admin]);
  assert.equal(code, 0, output);
  assert.match(output, /> everything/);
  assert.ok(output.includes(a.address), output);
});
