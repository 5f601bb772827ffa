/** Kernel listeners of the whole program, as people run it: in a network of the test's own, with health, drain, reload, signals, and what it says when it cannot. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/observe/status.ts';
import { lab, labFault, type LabProcess, NetworkLab } from '../support/network-lab.ts';
import { runSluice, SluiceProcess } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const PORT = 5432;
const CLIENT = program('lab-client.main.ts');
const BACKEND = program('lab-backend.main.ts');
const READY = /^ {2}admin /;

function program(name: string): string {
  return fileURLToPath(new URL(`../support/${name}`, import.meta.url));
}

const fault = labFault();

/** Not having what it needs is an error in CI: nothing is skipped there. */
const skip = fault !== null && process.env['CI'] !== 'true' ? fault : false;

describe('kernel listeners', { skip, timeout: 180_000 }, () => {
  let network: NetworkLab;
  let client: LabProcess;
  let folder: string;
  let started: SluiceProcess[] = [];

  before(async () => {
    assert.equal(fault, null, fault ?? '');
    network = await NetworkLab.create(3);
    for (let index = 1; index <= 3; index++) await network.start(`b${index}`, BACKEND, `b${index}`, '8080');
    client = await network.start('client', CLIENT);
    folder = await mkdtemp(join(tmpdir(), 'sluice-kernel-'));
  });

  afterEach(async () => {
    for (const sluice of started) sluice.signal('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    started = [];
    await network.run('lb', 'nft', 'flush', 'ruleset');
  });

  after(async () => {
    await network?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const file = (): string => join(folder, 'sluice.config.json');
  const admin = (): string => `unix:${join(folder, 'admin.sock')}`;
  const within = (): readonly string[] => ['nsenter', `--net=${network.path('lb')}`];
  const places = (...backends: readonly number[]): string[] => backends.map((index) => `${lab.backend(index)}:8080`);

  function config(service: object = {}, listener: object = {}, more: object = {}): object {
    return {
      listeners: { db: { tcp: `${lab.balancer}:${PORT}`, to: 'db', engine: 'kernel', ...listener } },
      services: { db: { endpoints: places(1, 2, 3), ...service } },
      admin: admin(),
      workers: 1,
      drainTimeout: '2s',
      ...more,
    };
  }

  const write = (value: object): Promise<void> => writeFile(file(), JSON.stringify(value));

  /** Starts it; resolves when it runs. */
  async function start(value: object = config(), more: readonly string[] = []): Promise<SluiceProcess> {
    await write(value);
    const sluice = new SluiceProcess(['up', '--config', file()], { within: [...within(), ...more] });
    started.push(sluice);
    await sluice.line(READY);
    return sluice;
  }

  const sluice = (...args: string[]) => runSluice([...args, '--admin', admin()]);
  const tables = () => network.run('lb', 'nft', 'list', 'tables');
  const connect = (times: number, port = PORT) => client.ask<Record<string, number>>({ op: 'connect', host: lab.balancer, port, times });
  /** Who answers, of all. */
  const names = async (): Promise<string> =>
    [...new Set(Object.keys(await connect(6)).map((answer) => answer.split(' ')[0]!))].toSorted((a, b) => a.localeCompare(b)).join(' ');
  const served = (wanted: string) => eventually(10_000, `connections go to ${wanted}`, async () => (await names()) === wanted);
  const status = async (): Promise<Status> => JSON.parse((await sluice('status', '--json')).output) as Status;

  async function end(running: SluiceProcess, signal: NodeJS.Signals): Promise<number | null> {
    running.signal(signal);
    return (await running.ended).code;
  }

  test('connections are spread by weight, backends see the client, and the counts are there', async () => {
    const endpoints = [{ address: places(1)[0], weight: 2 }, ...places(2)];
    const running = await start(config({ endpoints }));
    assert.match(running.output, /listener {2}db +tcp 10\.78\.0\.1:5432 in the kernel/);
    assert.deepEqual(await connect(9), { [`b1 ${lab.client}`]: 6, [`b2 ${lab.client}`]: 3 });
    await eventually(10_000, 'the counts are told', async () => (await status()).listeners[0]!.requests === 9);
    const { listeners, services } = await status();
    const [db] = services;
    assert.equal(listeners[0]!.engine, 'kernel');
    assert.deepEqual([listeners[0]!.connections, listeners[0]!.inflight, db!.requests, db!.balance], [0, 0, 9, 'round-robin']);
    assert.deepEqual(
      db!.endpoints.map(({ requests }) => requests),
      [6, 3],
    );
    assert.ok(db!.endpoints.every(({ bytesIn, bytesOut }) => bytesIn > 0 && bytesOut > 0));
    assert.match((await sluice('status')).output, /db tcp 10\.78\.0\.1:5432 kernel/);
  });

  test('a backend that is killed is found out, gets nothing new, and comes back', async () => {
    const dying = await network.start('b3', BACKEND, 'dying', '9090');
    const endpoints = [...places(1, 2), `${lab.backend(3)}:9090`];
    await start(config({ endpoints, health: { tcp: true, interval: '200ms', fall: 2, rise: 1 } }));
    await served('b1 b2 dying');
    await dying.kill('SIGKILL');
    await served('b1 b2');
    await network.start('b3', BACKEND, 'risen', '9090');
    await served('b1 b2 risen');
  });

  test('agents drain and weigh endpoints', async () => {
    // A backend greets with its name, so a name can be an agent's answer; what follows the # is the reason.
    const answers = ['drain #planned', 'ready #', '25% #busy'];
    for (const [index, answer] of answers.entries()) await network.start(`b${index + 1}`, BACKEND, answer, '9999');
    await start(config({ balance: { algorithm: 'round-robin', agent: { port: 9999, interval: '100ms' } } }));
    await eventually(5_000, 'four to one', async () => {
      const spread = await connect(10);
      return spread[`b2 ${lab.client}`] === 8 && spread[`b3 ${lab.client}`] === 2;
    });
  });

  test('a drain by the operator takes nothing new and waits for what is there', async () => {
    await start();
    await client.ask({ op: 'keep', name: 'kept', host: lab.balancer, port: PORT });
    const [kept] = Object.entries(await homes()).find(([, count]) => count > 0) ?? [];
    assert.ok(kept !== undefined);
    const drain = sluice('drain', 'db', kept, '--deadline', '20s');
    await served(['b1', 'b2', 'b3'].filter((name) => name !== nameOf(kept)).join(' '));
    assert.equal(await client.ask({ op: 'say', name: 'kept', text: 'still here' }), 'still here');
    const early = await Promise.race([drain.then(() => 'over'), new Promise((resolve) => setTimeout(resolve, 1_500, 'waiting'))]);
    assert.equal(early, 'waiting', 'a connection is there');
    await client.ask({ op: 'close', name: 'kept' });
    const { code, output } = await drain;
    assert.equal(code, 0, output);
    assert.equal((await sluice('drain', 'db', kept, '--undo')).code, 0);
    await served('b1 b2 b3');
  });

  /** Connections that go on, by endpoint, as the kernel knows them. */
  async function homes(): Promise<Record<string, number>> {
    const list = await network.run('lb', 'conntrack', '-L', '-p', 'tcp', '--orig-port-dst', String(PORT));
    const open = list.split('\n').filter((line) => line.includes('ESTABLISHED'));
    return Object.fromEntries(
      places(1, 2, 3).map((place) => [place, open.filter((line) => line.includes(`src=${place.split(':')[0]} `)).length]),
    );
  }

  function nameOf(place: string): string {
    return `b${place.split('.')[2]}`;
  }

  test('a reload adds and removes endpoints and listeners; what goes on goes on', async () => {
    await start(config({ endpoints: places(1), drainTimeout: '500ms' }));
    await client.ask({ op: 'keep', name: 'long', host: lab.balancer, port: PORT });
    await write(config({ endpoints: places(2, 3) }));
    const { code, output } = await sluice('reload');
    assert.equal(code, 0, output);
    await served('b2 b3');
    await eventually(10_000, 'the one that left is gone', async () => (await status()).services[0]!.endpoints.length === 2);
    assert.equal(await client.ask({ op: 'say', name: 'long', text: 'hello' }), 'hello');
    await client.ask({ op: 'close', name: 'long' });
    await write({ ...config(), listeners: { db: { tcp: `${lab.balancer}:5433`, to: 'db', engine: 'kernel' } } });
    assert.equal((await sluice('reload')).code, 0);
    assert.deepEqual(await connect(1), { ECONNREFUSED: 1 });
    assert.equal(Object.keys(await connect(3, 5433)).length, 3);
  });

  test('what the kernel cannot do is refused, and changes nothing', async () => {
    await start();
    await write(config({ endpoints: ['[fd78:1::2]:8080'] }));
    const reload = await sluice('reload');
    assert.notEqual(reload.code, 0);
    assert.match(reload.output, /listener "db": endpoint fd78:1::2 cannot serve 10\.78\.0\.1: the kernel does not translate/);
    await served('b1 b2 b3');
    const check = await runSluice(['check', '--config', file()]);
    assert.equal(check.code, 2);
    assert.match(check.output, /does not translate between IPv4 and IPv6/);
  });

  test('a listener goes from one engine to the other', async () => {
    await start(config({}, { engine: 'user' }));
    assert.deepEqual(Object.keys(await connect(20)).sort(), ['b1 10.78.1.1', 'b2 10.78.2.1', 'b3 10.78.3.1']);
    assert.equal(await tables(), '');
    await write(config());
    assert.equal((await sluice('reload')).code, 0);
    assert.deepEqual(await connect(3), { [`b1 ${lab.client}`]: 1, [`b2 ${lab.client}`]: 1, [`b3 ${lab.client}`]: 1 });
    await write(config({}, { engine: 'user' }));
    assert.equal((await sluice('reload')).code, 0);
    await eventually(5_000, 'the workers listen', async () =>
      Object.keys(await connect(1))
        .join()
        .includes('10.78.'),
    );
  });

  test('names of endpoints are resolved; one that has no address takes nothing, which is told', async () => {
    const hosts = join(folder, 'hosts');
    await writeFile(hosts, [1, 2].map((index) => `${lab.backend(index)} db.test\n`).join(''));
    const named = ['unshare', '--mount', 'sh', '-c', `mount --bind ${hosts} /etc/hosts && exec "$@"`, 'sh'];
    const running = await start(config({ endpoints: ['db.test:8080', 'no-such-host.invalid:8080'] }), named);
    await running.line(/kernel-layer4-name .*no-such-host\.invalid:8080.*has no address/);
    await served('b1 b2');
  });

  test('SIGTERM: refuses, waits for connections until the deadline, and removes the table', async () => {
    const running = await start();
    await client.ask({ op: 'keep', name: 'busy', host: lab.balancer, port: PORT });
    const before = Date.now();
    running.signal('SIGTERM');
    await eventually(1_500, 'nothing new is taken', async () => (await names()) === 'ECONNREFUSED');
    assert.equal(await client.ask({ op: 'say', name: 'busy', text: 'on' }), 'on');
    assert.equal((await running.ended).code, 0);
    assert.ok(Date.now() - before >= 1_900, 'one was there to the end');
    assert.match(running.output, /stopped .*cut=1/);
    assert.equal(await tables(), '');
  });

  test('SIGTERM without connections ends at once; UDP is served', async () => {
    const running = await start(config({}, { tcp: undefined, udp: `${lab.balancer}:${PORT}` }, { drainTimeout: '30s' }));
    const send = (name: string) => client.ask<string>({ op: 'send', name, host: lab.balancer, port: PORT });
    assert.equal(new Set([await send('u1'), await send('u2'), await send('u3')]).size, 3);
    await network.run('lb', 'conntrack', '-F');
    const before = Date.now();
    assert.equal(await end(running, 'SIGTERM'), 0);
    assert.ok(Date.now() - before < 10_000);
    assert.equal(await tables(), '');
  });

  test('a second SIGTERM ends at once, and removes the table all the same', async () => {
    const running = await start(config({}, {}, { drainTimeout: '30s' }));
    await client.ask({ op: 'keep', name: 'cut', host: lab.balancer, port: PORT });
    running.signal('SIGTERM');
    await running.line(/stopping/);
    assert.equal(await end(running, 'SIGTERM'), 1);
    assert.equal(await tables(), '');
    assert.match(await client.ask({ op: 'say', name: 'cut', text: 'on' }), /ECONNRESET|closed/);
  });

  test('killed, the table stays and balances; the next start takes it over', async () => {
    await end(await start(), 'SIGKILL');
    assert.match(await tables(), /sluice_main/);
    assert.equal(await names(), 'b1 b2 b3');
    const next = await start(config({ endpoints: places(1, 2) }));
    await next.line(/kernel-layer4-takeover/);
    assert.equal(await names(), 'b1 b2');
  });

  test('two programs do not share a table', async () => {
    const first = await start();
    const other = join(folder, 'other.json');
    const second = { ...config(), admin: false, listeners: { db2: { tcp: `${lab.balancer}:6000`, to: 'db', engine: 'kernel' } } };
    await writeFile(other, JSON.stringify(second));
    const refused = await runSluice(['up', '--config', other], undefined, within());
    assert.equal(refused.code, 1);
    assert.match(
      refused.output,
      new RegExp(
        `^sluice: listener "db2": another sluice \\(pid ${first.child.pid}\\) has the nftables table sluice_main: .*kernelTable$`,
        'm',
      ),
    );
    await writeFile(other, JSON.stringify({ ...second, kernelTable: 'second' }));
    const both = new SluiceProcess(['up', '--config', other], { within: within() });
    started.push(both);
    await both.line(READY);
    assert.match(await tables(), /sluice_main\n.*sluice_second/s);
    assert.equal(Object.keys(await connect(3, 6000)).length, 3);
  });

  test('without the right, or without nft, it says so and ends', async () => {
    await write(config());
    const powerless = await runSluice(['up', '--config', file()], undefined, [...within(), 'setpriv', '--bounding-set=-net_admin']);
    assert.equal(powerless.code, 1);
    assert.deepEqual(powerless.output.split('\n'), [
      'sluice: listener "db": nft may not change the rules of this network: kernel layer 4 needs root or CAP_NET_ADMIN (systemd: AmbientCapabilities=CAP_NET_ADMIN; containers: --cap-add NET_ADMIN)',
    ]);
    const nft = (await network.run('lb', 'sh', '-c', 'command -v nft')).trim();
    const hidden = ['unshare', '--mount', 'sh', '-c', `mount --bind /dev/null ${nft} && exec "$@"`, 'sh'];
    const without = await runSluice(['up', '--config', file()], undefined, [...within(), ...hidden]);
    assert.equal(without.code, 1);
    assert.match(without.output, /^sluice: listener "db": nft is not installed: .*apt-get install nftables/);
    assert.equal(await tables(), '');
  });

  test('CAP_NET_ADMIN is enough', async () => {
    const open = await mkdtemp(join(tmpdir(), 'sluice-open-'));
    await chmod(open, 0o755);
    await writeFile(join(open, 'config.json'), JSON.stringify({ ...config(), admin: false }));
    const nobody = ['setpriv', '--reuid=65534', '--clear-groups', '--inh-caps=+net_admin', '--ambient-caps=+net_admin'];
    const running = new SluiceProcess(['up', '--config', join(open, 'config.json')], { within: [...within(), ...nobody], cwd: open });
    started.push(running);
    await running.line(READY);
    assert.equal(await names(), 'b1 b2 b3');
    assert.equal(await end(running, 'SIGTERM'), 0);
    assert.equal(await tables(), '');
    await rm(open, { recursive: true });
  });

  test('a reload without the right changes nothing', async () => {
    await write(config({}, { engine: 'user' }));
    const running = new SluiceProcess(['up', '--config', file()], { within: [...within(), 'setpriv', '--bounding-set=-net_admin'] });
    started.push(running);
    await running.line(READY);
    await write(config());
    const reload = await sluice('reload');
    assert.notEqual(reload.code, 0);
    assert.match(reload.output, /needs root or CAP_NET_ADMIN/);
    assert.equal(Object.keys(await connect(20)).length, 3);
  });
});
