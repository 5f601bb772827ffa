/** Real programs, well-behaved and not, as instances of this machine. */
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { DriverFault } from '../../src/control/fleet/runner.ts';
import { removeDirectory } from '../../src/io/cgroup.ts';
import { openCgroups } from '../../src/io/cgroup-places.ts';
import { http } from '../../src/io/node-http.ts';
import type { AddressPlan } from '../../src/config/plan.ts';
import { DriverStage, misbehaving, processGone, processRun } from '../support/process-driver-stage.ts';

const MEBIBYTE = 1_048_576;
const TIMEOUT = { timeout: 60_000 };
const cgroups = openCgroups();
const NO_CGROUPS = 'fault' in cgroups ? cgroups.fault : false;
const NOT_ROOT = process.getuid?.() === 0 ? false : 'only root may change the user';

interface Told {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly env: Readonly<Record<string, string>>;
}

/** What the serving program says of itself. */
function ask(target: AddressPlan): Promise<Told> {
  const where = target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const request = http.request({ ...where, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      reply.on('end', () => resolve(JSON.parse(text) as Told));
    });
    request.once('error', reject).end();
  });
}

const isListening = (text: string): boolean => text === 'listening';

function fault(retry: 'never' | 'later', message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DriverFault, String(error));
    assert.match(error.message, message);
    assert.equal(error.retry, retry);
    return true;
  };
}

test('an instance is told where to listen, who it is and how long to keep connections', TIMEOUT, async () => {
  await using stage = new DriverStage();
  const { instance, line } = await stage.start(misbehaving('serve', { env: { MODE: 'test', PORT: 'not this' } }));
  await line(isListening);
  const { target } = instance;
  assert.equal(target.kind, 'tcp');
  const { env, pid } = await ask(target);
  assert.equal(pid, Number(instance.handle));
  const names = ['PORT', 'HOST', 'MODE', 'SLUICE_INSTANCE', 'SLUICE_SERVICE', 'SLUICE_VERSION', 'SLUICE_KEEP_ALIVE_MS', 'PATH'];
  assert.deepEqual(
    names.map((name) => env[name]),
    [String(target.kind === 'tcp' && target.port), '127.0.0.1', 'test', 'web.1', 'web', 'v1', '65000', process.env['PATH']],
  );
});

test("security: an instance is not given the admin API's token", TIMEOUT, async (t) => {
  process.env['SLUICE_ADMIN_TOKEN'] = 'secret';
  t.after(() => delete process.env['SLUICE_ADMIN_TOKEN']);
  await using stage = new DriverStage();
  const { instance, line } = await stage.start(misbehaving('serve'));
  await line(isListening);
  assert.equal('SLUICE_ADMIN_TOKEN' in (await ask(instance.target)).env, false);
});

test('a variable that no shell could hold reaches the program all the same', TIMEOUT, async () => {
  await using stage = new DriverStage();
  const { instance, line } = await stage.start(misbehaving('serve', { env: { 'a.b-c': 'd' } }));
  await line(isListening);
  assert.equal((await ask(instance.target)).env['a.b-c'], 'd');
});

test('an instance on a unix socket answers, and its socket goes with it', TIMEOUT, async () => {
  await using stage = new DriverStage({});
  const { instance, line, ended } = await stage.start(misbehaving('serve', { isSocket: true }));
  const { target } = instance;
  assert.ok(target.kind === 'unix');
  await line(isListening);
  const { env } = await ask(target);
  assert.deepEqual([env['PORT'], env['SLUICE_SOCKET']], [target.path, target.path]);
  assert.equal(statSync(dirname(target.path)).mode & 0o777, 0o700);
  instance.signal('SIGTERM');
  await ended;
  assert.equal(statSync(dirname(target.path), { throwIfNoEntry: false }), undefined);
});

test('a socket path that the kernel does not take is a fault with a remedy', TIMEOUT, async () => {
  await using stage = new DriverStage();
  const deep = join(stage.directory, 'd'.repeat(90));
  await using inDeep = new DriverStage({ directory: deep });
  await assert.rejects(
    inDeep.start(misbehaving('serve', { isSocket: true })),
    fault('never', /has \d+ bytes, the kernel takes 107: choose a shorter/),
  );
});

for (const hasCgroups of [true, false]) {
  const how = hasCgroups ? 'in cgroups' : 'without cgroups';
  const options = hasCgroups ? {} : { openCgroups: () => ({ fault: 'none here' }) };

  test(`what can never start says why, ${how}`, TIMEOUT, async () => {
    await using stage = new DriverStage(options);
    const script = join(stage.directory, 'script');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o644 });
    await assert.rejects(stage.start(processRun(['no-such-program'])), fault('never', /^service "web": not found: no-such-program/));
    await assert.rejects(stage.start(processRun([join(stage.directory, 'nothing')])), fault('never', /not found: .*nothing/));
    await assert.rejects(stage.start(processRun([script])), fault('never', /not executable: .*script may not be run \(chmod \+x/));
    await assert.rejects(
      stage.start(processRun(['true'], { cwd: '/no/such' })),
      fault('never', /working directory \/no\/such does not exist/),
    );
    await assert.rejects(stage.start(processRun(['true'], { cwd: script })), fault('never', /is no directory/));
    await assert.rejects(
      stage.start(processRun(['true'], { user: 'no-such-user' })),
      fault('never', /no user "no-such-user" in \/etc\/passwd/),
    );
    await assert.rejects(
      stage.start(processRun(['true'], { host: '192.0.2.1' })),
      fault('never', /no free port on 192\.0\.2\.1.*set run\.host/),
    );
  });

  test(`a program that exits at once tells its code, ${how}`, TIMEOUT, async () => {
    await using stage = new DriverStage(options);
    const { ended } = await stage.start(misbehaving('exit', {}, '7'));
    assert.deepEqual(await ended, { reason: 'exit code 7', isOutOfMemory: false });
  });

  test(`SIGKILL ends what ignores SIGTERM, ${how}`, TIMEOUT, async () => {
    await using stage = new DriverStage(options);
    const { instance, ended, line } = await stage.start(misbehaving('stubborn'));
    await line(isListening);
    instance.signal('SIGTERM');
    await line((text) => text === 'no');
    instance.signal('SIGKILL');
    assert.deepEqual(await ended, { reason: 'signal SIGKILL', isOutOfMemory: false });
  });
}

test('what only fails now is to be tried again', TIMEOUT, async () => {
  await using stage = new DriverStage({ openCgroups: () => ({ fault: 'none here' }) });
  const program = join(stage.directory, 'program');
  copyFileSync('/bin/true', program);
  // Linux runs no file that is open for writing (ETXTBSY).
  const writing = openSync(program, 'r+');
  await assert.rejects(stage.start(processRun([program])), fault('later', /program could not be started now: .*ETXTBSY/));
  closeSync(writing);
  assert.equal((await (await stage.start(processRun([program]))).ended).reason, 'exit code 0');
});

test('instances that outlive Sluice need a directory', TIMEOUT, async () => {
  await using stage = new DriverStage({ isDetached: true });
  await assert.rejects(stage.start(misbehaving('serve')), fault('never', /set fleet\.directory/));
});

test('no child survives, not even in a session of its own', { ...TIMEOUT, skip: NO_CGROUPS }, async () => {
  await using stage = new DriverStage();
  const { ended, line } = await stage.start(misbehaving('leave', {}, 'exit'));
  const child = Number(await line((text) => /^\d+$/.test(text)));
  await ended;
  await processGone(child);
});

test('the group of an instance is removed with it', { ...TIMEOUT, skip: NO_CGROUPS }, async () => {
  await using stage = new DriverStage();
  const { pid, ended, instance, line } = await stage.start(misbehaving('serve'));
  await line(isListening);
  const names: readonly string[] = readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(/sluice-\d+-\d+-web\.1-1/g) ?? [];
  assert.ok(names.length > 0);
  instance.signal('SIGKILL');
  await ended;
  // Another group shows where they are.
  assert.ok(!('fault' in cgroups));
  const { directories } = cgroups.create('probe');
  const siblings = directories.flatMap((directory) => readdirSync(dirname(directory)));
  directories.forEach(removeDirectory);
  assert.deepEqual(
    siblings.filter((name) => names.includes(name)),
    [],
  );
});

test('half a core is half a core, and another share is given without a restart', { ...TIMEOUT, skip: NO_CGROUPS }, async () => {
  await using stage = new DriverStage();
  const { instance } = await stage.start(misbehaving('spin', { resources: { cpu: 0.5, memoryBytes: null } }));
  const share = async (): Promise<number> => {
    await sleep(300);
    const [before, from] = [(await instance.usage())!.cpuSeconds, performance.now()];
    await sleep(1_500);
    return ((await instance.usage())!.cpuSeconds - before) / ((performance.now() - from) / 1_000);
  };
  const half = await share();
  // One period is 100 ms, so 1.5 s are exact to 7 %; a busy machine may give less.
  assert.ok(half > 0.15 && half < 0.56, `0.5 of a core, got ${half}`);
  assert.equal(await instance.setResources({ cpu: 0.2, memoryBytes: null }), null);
  const fifth = await share();
  assert.ok(fifth > 0.08 && fifth < 0.24, `0.2 of a core, got ${fifth}`);
});

test('a leak past the memory bound is told as that', { ...TIMEOUT, skip: NO_CGROUPS }, async () => {
  await using stage = new DriverStage();
  const { ended } = await stage.start(misbehaving('leak', { resources: { cpu: null, memoryBytes: 128 * MEBIBYTE } }));
  assert.deepEqual(await ended, { reason: 'killed at its memory bound of 128 MiB', isOutOfMemory: true });
});

test('a bound below what is held is refused with a remedy', { ...TIMEOUT, skip: NO_CGROUPS }, async () => {
  await using stage = new DriverStage();
  const { instance, line, ended } = await stage.start(misbehaving('serve', { resources: { cpu: null, memoryBytes: 256 * MEBIBYTE } }));
  await line(isListening);
  assert.match(
    (await instance.setResources({ cpu: null, memoryBytes: MEBIBYTE })) ?? '',
    /holds more than that now; choose a larger bound/,
  );
  assert.equal(await instance.setResources({ cpu: null, memoryBytes: 512 * MEBIBYTE }), null);
  assert.equal(await instance.setResources({ cpu: null, memoryBytes: null }), null);
  instance.signal('SIGTERM');
  assert.equal((await ended).reason, 'signal SIGTERM');
});

test('without cgroups an instance runs unbound, which is said once', TIMEOUT, async () => {
  await using stage = new DriverStage({ openCgroups: () => ({ fault: 'may not be written to: run Sluice as root' }) });
  const run = misbehaving('serve', { resources: { cpu: 1, memoryBytes: null } });
  const { instance, line } = await stage.start(run);
  await stage.start(run);
  await line(isListening);
  assert.deepEqual(stage.said, ['resources-not-bound may not be written to: run Sluice as root']);
  assert.match((await instance.setResources(run.resources)) ?? '', /run Sluice as root/);
  const usage = await instance.usage();
  assert.ok(usage !== null && usage.cpuSeconds > 0 && usage.memoryBytes > 10 * MEBIBYTE, JSON.stringify(usage));
});

test('another user runs the program, and its socket is reached', { ...TIMEOUT, skip: NOT_ROOT }, async () => {
  await using stage = new DriverStage();
  const { instance, line } = await stage.start(misbehaving('serve', { user: 'nobody', isSocket: true, cwd: '/' }));
  await line(isListening);
  const { uid, gid, env } = await ask(instance.target);
  assert.deepEqual([uid, gid, env['USER']], [65_534, 65_534, 'nobody']);
  assert.ok(instance.target.kind === 'unix');
  assert.equal(statSync(dirname(instance.target.path)).uid, 65_534);
});

test('what another user may not run or reach is a fault', { ...TIMEOUT, skip: NOT_ROOT }, async () => {
  await using stage = new DriverStage();
  const script = join(stage.directory, 'script');
  writeFileSync(script, '#!/bin/sh\n', { mode: 0o700 });
  await assert.rejects(stage.start(processRun([script], { user: 'nobody' })), fault('never', /not executable: .* by user nobody/));
  const closed = join(stage.directory, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  await using below = new DriverStage({ directory: join(closed, 'below') });
  await assert.rejects(
    below.start(misbehaving('serve', { user: 'nobody', isSocket: true })),
    fault('never', /user nobody may not enter .*closed/),
  );
});

for (const keepsFile of [false, true]) {
  test(`a gigabyte of output ${keepsFile ? 'goes to rotated files' : 'without a file'}, in bounded time and memory`, TIMEOUT, async () => {
    await using stage = new DriverStage();
    const logs = { directory: keepsFile ? join(stage.directory, 'logs') : null, fileBytes: 4 * MEBIBYTE, files: 2, terminal: true };
    const before = process.memoryUsage.rss();
    let rssMax = 0;
    let lagMaxMs = 0;
    let last = performance.now();
    const watching = setInterval(() => {
      rssMax = Math.max(rssMax, process.memoryUsage.rss());
      lagMaxMs = Math.max(lagMaxMs, performance.now() - last - 10);
      last = performance.now();
    }, 10);
    const started = performance.now();
    const { ended, lines } = await stage.start(misbehaving('flood', { logs }, String(1_024 * MEBIBYTE)));
    assert.equal((await ended).reason, 'exit code 0');
    clearInterval(watching);
    const tookMs = performance.now() - started;
    assert.ok(tookMs < 30_000, `took ${tookMs} ms`);
    assert.ok(rssMax - before < 150 * MEBIBYTE, `grew by ${(rssMax - before) / MEBIBYTE} MiB`);
    assert.ok(lagMaxMs < 500, `stalled for ${lagMaxMs} ms`);
    const shown = lines.reduce((sum, text) => sum + text.length, 0);
    assert.ok(shown < (tookMs / 1_000 + 2) * MEBIBYTE, `${shown} bytes of lines in ${tookMs} ms`);
    assert.ok(lines.some((text) => /^sluice: \d+ bytes of output are not shown/.test(text)));
    if (!keepsFile) return;
    const names = readdirSync(logs.directory!).toSorted();
    assert.deepEqual(names, ['web.1.log', 'web.1.log.1', 'web.1.log.2']);
    for (const name of names) {
      const status = statSync(join(logs.directory!, name));
      assert.equal(status.mode & 0o777, 0o600);
      assert.ok(status.size < 8 * MEBIBYTE, `${name} has ${status.size} bytes`);
    }
    const end = readFileSync(join(logs.directory!, 'web.1.log'), 'utf8');
    assert.ok(end.endsWith('flood is over\n'), 'the file has the end of it');
  });
}

test('a line without end is cut at 16 KiB', TIMEOUT, async () => {
  await using stage = new DriverStage();
  const { ended, lines } = await stage.start(misbehaving('endless'));
  await ended;
  assert.deepEqual(
    lines.map((text) => text.length),
    [16_384, 16_384, 16_384, 16_384, 16_384, 16_384, 100_000 - 6 * 16_384],
  );
});

test('a log that cannot be written is said once, and the instance goes on', TIMEOUT, async () => {
  await using stage = new DriverStage();
  const inTheWay = join(stage.directory, 'file');
  writeFileSync(inTheWay, '');
  const logs = { directory: inTheWay, fileBytes: 1_000, files: 1, terminal: true };
  const { ended, lines } = await stage.start(processRun(['/bin/sh', '-c', 'for i in 1 2 3 4 5; do echo $i; sleep 0.05; done'], { logs }));
  assert.equal((await ended).reason, 'exit code 0');
  assert.deepEqual(lines, ['1', '2', '3', '4', '5']);
  assert.equal(stage.said.length, 1);
  assert.match(stage.said[0]!, /^instance-trouble log .*output is not kept until it can be written/);
});
