import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { startProcess, type ProcessEnd } from './processes.ts';

/** Runs a shell script and gives its end and its lines. */
function run(script: string, line?: (text: string) => void): { ended: Promise<ProcessEnd>; lines: string[]; kill: () => void } {
  const lines: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<ProcessEnd>();
  const take = (stream: string, text: string): void => {
    lines.push(`${stream} ${text}`);
    line?.(text);
  };
  const child = startProcess({ command: ['/bin/sh', '-c', script], env: { WHO: 'you' }, cwd: '/', line: take, exited: resolve });
  return { ended, lines, kill: () => child.kill('SIGTERM') };
}

/** Waits until the process runs no more: there is none of this id, or one that only waits to be reaped by a slow init. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (stat === null || stat.slice(stat.lastIndexOf(')')).startsWith(') Z')) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('gives the output by lines, the environment and the reason of the end', async () => {
  const child = run('echo "for $WHO in $PWD"; exit 3');
  assert.deepEqual(await child.ended, { reason: 'exit code 3', hasStarted: true });
  assert.deepEqual(child.lines, ['stdout for you in /']);
});

test('a program that does not exist is an end with a reason', async () => {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  startProcess({ command: ['no-such-program'], env: {}, cwd: null, line: () => {}, exited: resolve });
  assert.deepEqual(await promise, { reason: 'not found: no-such-program', hasStarted: false });
});

test('a signal reaches what the program started', { timeout: 10_000 }, async () => {
  const { promise: started, resolve } = Promise.withResolvers<number>();
  const child = run('sleep 60 & echo $!; wait', (text) => resolve(Number(text)));
  const grandchild = await started;
  child.kill();
  assert.equal((await child.ended).reason, 'signal SIGTERM');
  await gone(grandchild);
});

test('what a program leaves behind ends with it', { timeout: 10_000 }, async () => {
  const { promise: started, resolve } = Promise.withResolvers<number>();
  const child = run('sleep 60 >/dev/null 2>&1 & echo $!; exit 0', (text) => resolve(Number(text)));
  const grandchild = await started;
  await child.ended;
  await gone(grandchild);
});

for (const [how, end] of [
  ['an exception', 'setTimeout(() => { throw new Error("on purpose") })'],
  ['SIGKILL', 'process.kill(process.pid, "SIGKILL")'],
] as const) {
  test(`no instance outlives us when we end by ${how}`, { timeout: 10_000 }, async () => {
    const source = `
      import { startProcess } from ${JSON.stringify(import.meta.resolve('./processes.ts'))};
      const child = startProcess({ command: ['/bin/sh', '-c', 'echo up; exec sleep 60'], env: {}, cwd: null, exited: () => {},
        line: () => { console.log(child.pid); process.stdin.once('data', () => { ${end} }); } });`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [pid] = await once(createInterface(parent.stdout), 'line');
    parent.stdin.write('now\n');
    await gone(Number(pid));
  });
}

test('no instance outlives us when somebody killed the guard first', { timeout: 10_000 }, async () => {
  const source = `
    import { startProcess } from ${JSON.stringify(import.meta.resolve('./processes.ts'))};
    const child = startProcess({ command: ['/bin/sh', '-c', 'echo up; exec sleep 60'], env: {}, cwd: null, exited: () => {},
      line: () => console.log(child.pid) });
    process.stdin.resume();`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(parent.stdout), 'line');
  const instance = Number(line);
  const first = await guardOf(parent.pid!, instance);
  process.kill(first, 'SIGKILL');
  await gone(first);
  await guardOf(parent.pid!, instance);
  parent.kill('SIGKILL');
  await gone(instance);
});

/** The other child that runs, once there is one. */
async function guardOf(parent: number, instance: number): Promise<number> {
  for (;;) {
    const children = (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')).trim().split(' ').map(Number);
    for (const pid of children) {
      const command = pid === instance ? '' : await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      // Where it has read what it was told, it waits for more.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (command.startsWith('/bin/sh') && stat.slice(stat.lastIndexOf(')')).startsWith(') S')) return pid;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
