/** Instances and the end of Sluice: by default none outlives it; detached, each is found again, once. The host is a small program of its own, killed for real. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProcessRunPlan } from '../../src/config/fleet-plan.ts';
import { openCgroups } from '../../src/io/cgroup-places.ts';
import { DriverStage, misbehaving, processGone, processRun } from '../support/process-driver-stage.ts';

const HOST = fileURLToPath(new URL('../fixtures/process-driver-host.mjs', import.meta.url));
const TIMEOUT = { timeout: 30_000 };
const NO_CGROUPS = 'fault' in openCgroups();

interface HostOptions {
  readonly directory: string | null;
  readonly isDetached: boolean;
  readonly run: ProcessRunPlan;
}

/** The host program and what it says. */
class Host {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #waiters = new Set<() => void>();

  constructor(options: HostOptions) {
    this.child = spawn(process.execPath, [HOST, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(this.child.stdout!).on('line', (line) => {
      this.lines.push(line);
      for (const waiter of this.#waiters) waiter();
    });
  }

  /** The first line that begins so, in words. */
  said(start: string): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.lines.find((line) => line.startsWith(start));
        if (found === undefined) return;
        this.#waiters.delete(look);
        resolve(found.split(' '));
      };
      this.#waiters.add(look);
      look();
    });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A directory that goes with its instances. */
function place(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'life-'));
  return {
    path,
    [Symbol.dispose]: () => {
      for (const { pid } of records(path)) {
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // It has ended already.
        }
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function records(directory: string): readonly { readonly pid: number; readonly startTicks: number }[] {
  const path = join(directory, 'instances');
  if (!existsSync(path)) return [];
  return readdirSync(path).map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as { pid: number; startTicks: number });
}

for (const way of ['serve', 'leave'] as const) {
  test(
    `kill -9 of Sluice leaves no instance${way === 'leave' ? ' and no child in a session of its own' : ''}`,
    { ...TIMEOUT, skip: way === 'leave' && NO_CGROUPS },
    async () => {
      await using host = new Host({ directory: null, isDetached: false, run: misbehaving(way) });
      const pid = Number((await host.said('started'))[1]);
      const child = way === 'leave' ? Number((await host.said('line '))[1]) : pid;
      await host.said('line listening');
      process.kill(pid, 0);
      process.kill(child, 0);
      await host.kill();
      await processGone(pid);
      await processGone(child);
    },
  );
}

test('what a killed Sluice left in the directory for temporary files goes with the next', TIMEOUT, async () => {
  await using host = new Host({ directory: null, isDetached: false, run: misbehaving('serve', { isSocket: true }) });
  const { path } = JSON.parse((await host.said('started'))[2]!) as { readonly path: string };
  await host.said('line listening');
  await host.kill();
  assert.ok(existsSync(path));
  await using stage = new DriverStage();
  await stage.host.open();
  assert.ok(!existsSync(dirname(dirname(dirname(path)))));
});

test('detached, an instance survives kill -9 of Sluice and is found again, not doubled', TIMEOUT, async () => {
  using directory = place();
  const options = { directory: directory.path, isDetached: true, run: misbehaving('serve') };
  await using first = new Host(options);
  const [, pid, target] = await first.said('started');
  await first.said('line listening');
  await first.kill();
  process.kill(Number(pid), 0);

  await using second = new Host(options);
  assert.deepEqual(await second.said('adopted'), ['adopted', pid, target, 'true']);
  assert.ok(!second.lines.some((line) => line.startsWith('started')));
  // It is watched: its end is told, and nothing is remembered of it.
  process.kill(Number(pid), 'SIGKILL');
  assert.match((await second.said('exited')).join(' '), /it has ended; why is not known/);
  assert.deepEqual(records(directory.path), []);
});

test('its output goes on while Sluice is away', TIMEOUT, async () => {
  using directory = place();
  const options = {
    directory: directory.path,
    isDetached: true,
    run: processRun(['/bin/sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.05; done']),
  };
  await using first = new Host(options);
  await first.said('line 1');
  await first.kill();
  await using second = new Host(options);
  await second.said('adopted');
  const [, next] = await second.said('line ');
  const [, pid] = await second.said('adopted');
  const log = readFileSync(join(directory.path, 'logs', 'web.1.log'), 'utf8')
    .split('\n')
    .slice(0, Number(next));
  assert.deepEqual(
    log,
    Array.from({ length: Number(next) }, (_, index) => String(index + 1)),
  );
  process.kill(Number(pid), 0);
});

test('a process id that another process has now is none of ours', TIMEOUT, async () => {
  using directory = place();
  const options = { directory: directory.path, isDetached: true, run: misbehaving('serve') };
  await using first = new Host(options);
  const [, pid] = await first.said('started');
  await first.kill();
  process.kill(Number(pid), 'SIGKILL');
  await processGone(Number(pid));
  // The record now names this very test, which must neither be adopted nor signalled.
  const file = join(directory.path, 'instances', 'web.1.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...record, pid: process.pid }));
  await using second = new Host(options);
  const [, other] = await second.said('started');
  assert.notEqual(other, pid);
  assert.deepEqual(
    records(directory.path).map((one) => one.pid),
    [Number(other)],
  );
});

test('what nobody wants any more is ended', TIMEOUT, async () => {
  using directory = place();
  await using host = new Host({ directory: directory.path, isDetached: true, run: misbehaving('serve') });
  const pid = Number((await host.said('started'))[1]);
  await host.said('line listening');
  await host.kill();
  await using stage = new DriverStage({ directory: directory.path, isDetached: true });
  assert.deepEqual(await stage.driver.adopt(() => null), []);
  await processGone(pid);
  for (let tries = 0; tries < 200 && records(directory.path).length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(records(directory.path), []);
});

test('two Sluices cannot share a directory', TIMEOUT, async () => {
  using directory = place();
  const options = { directory: directory.path, isDetached: true, run: misbehaving('serve') };
  await using first = new Host(options);
  await first.said('started');
  await using second = new Host(options);
  const fault = (await second.said('fault')).join(' ');
  assert.match(
    fault,
    new RegExp(`^fault never directory .* is in use by another Sluice \\(process ${first.child.pid}\\): stop it, or choose another`),
  );
});

test('a log that the program writes itself is rotated while it writes', TIMEOUT, async () => {
  using directory = place();
  await using stage = new DriverStage({ directory: directory.path, isDetached: true });
  const logs = { directory: join(stage.directory, 'logs'), fileBytes: 8_192, files: 3, terminal: true };
  const { lines, line } = await stage.start(
    processRun(['/bin/sh', '-c', 'n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.002; done'], { logs }),
  );
  await line((text) => existsSync(join(logs.directory, 'web.1.log.1')) && text.startsWith('line '));
  const last = lines.at(-1)!;
  // It goes on at the start of the emptied file: no hole, and nothing twice.
  await line((text) => Number(text.slice(5)) > Number(last.slice(5)) + 100);
  const numbers = lines.map((text) => Number(text.slice('line '.length)));
  assert.ok(
    numbers.every((number, index) => index === 0 || number > numbers[index - 1]!),
    'in order, none twice',
  );
  // A line that falls between the copy and the truncation is lost.
  assert.ok(numbers.at(-1)! - numbers.length <= 3, `${numbers.at(-1)! - numbers.length} lines are missing`);
  const young = readFileSync(join(logs.directory, 'web.1.log.1'), 'utf8');
  assert.match(young, /^line \d+\n(line \d+\n)+$/);
});

test('a log that the program writes itself is bounded, and a flood of it leaves memory alone', { timeout: 60_000 }, async () => {
  using directory = place();
  await using stage = new DriverStage({ directory: directory.path, isDetached: true });
  const logs = { directory: join(stage.directory, 'logs'), fileBytes: 1_048_576, files: 2, terminal: true };
  const before = process.memoryUsage.rss();
  const { ended, lines } = await stage.start(misbehaving('flood', { logs }, String(256 * 1_048_576)));
  await ended;
  assert.ok(process.memoryUsage.rss() - before < 100 * 1_048_576);
  assert.ok(lines.some((text) => /^sluice: \d+ bytes of output are not shown/.test(text)));
  assert.ok(readdirSync(logs.directory).includes('web.1.log.1'));
  for (const name of readdirSync(logs.directory)) assert.ok(statSync(join(logs.directory, name)).size <= 3 * 1_048_576, name);
});
