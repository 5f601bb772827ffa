import { equal, match, ok, rejects } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openLogFile } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
after(() => rmSync(folder, { recursive: true }));

function unexpected(error: Error): void {
  throw error;
}

test('lines come out whole and in order', async () => {
  const path = join(folder, 'order.log');
  const log = await openLogFile({ target: path, onError: unexpected });
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) ok(log.write(line));
  await log.close();
  equal(readFileSync(path, 'utf8'), lines.join(''));
  equal(log.dropped, 0);
});

test('a single line is written soon, without a close', async () => {
  const path = join(folder, 'soon.log');
  const log = await openLogFile({ target: path, onError: unexpected, delayMs: 1 });
  log.write('one\n');
  const deadline = performance.now() + 5_000;
  while (readFileSync(path, 'utf8') === '' && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
  equal(readFileSync(path, 'utf8'), 'one\n');
  await log.close();
});

test('what does not fit into the buffer is dropped and counted, and the rest is whole', async () => {
  const path = join(folder, 'full.log');
  let reported = 0;
  const log = await openLogFile({ target: path, onError: unexpected, bufferBytesMax: 100, onDropped: (lines) => (reported += lines) });
  let taken = 0;
  for (let index = 0; index < 50; index++) if (log.write('123456789\n')) taken++;
  await log.close();
  equal(taken, 10);
  equal(log.dropped, 40);
  equal(reported, 40);
  equal(readFileSync(path, 'utf8'), '123456789\n'.repeat(10));
});

test('after a rotation, reopen writes to the new file and loses nothing', async () => {
  const path = join(folder, 'rotate.log');
  const log = await openLogFile({ target: path, onError: unexpected, batchBytes: 64 });
  for (let index = 0; index < 100; index++) log.write(`before ${index}\n`);
  renameSync(path, `${path}.1`);
  await log.reopen();
  for (let index = 0; index < 100; index++) log.write(`after ${index}\n`);
  await log.close();
  const [rotated, fresh] = [readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')];
  const lines = (rotated + fresh).trimEnd().split('\n');
  equal(lines.length, 200);
  match(fresh, /after 99\n$/);
  ok(!rotated.includes('after'));
});

test('a path that cannot be opened is an error at the start, and a report at a reopen', async () => {
  await rejects(openLogFile({ target: join(folder, 'missing', 'a.log'), onError: unexpected }), /ENOENT/);
  const path = join(folder, 'gone', 'a.log');
  const errors: string[] = [];
  spawnSync('mkdir', [join(folder, 'gone')]);
  const log = await openLogFile({ target: path, onError: (error) => errors.push(error.message) });
  rmSync(join(folder, 'gone'), { recursive: true });
  await log.reopen();
  ok(log.write('still taken\n'));
  await log.close();
  equal(errors.length, 1);
  match(errors[0]!, /^log ".*a\.log": ENOENT/);
});

test('a full disk is reported once and its lines are counted', async () => {
  const errors: string[] = [];
  const log = await openLogFile({ target: '/dev/full', onError: (error) => errors.push(error.message), batchBytes: 16 });
  for (let index = 0; index < 10; index++) log.write('123456789\n');
  await log.close();
  equal(log.dropped, 10);
  equal(errors.length, 1);
  match(errors[0]!, /ENOSPC/);
});

test('a reader of our pipe that stalls holds up neither the writer nor its end', async () => {
  const source = `
    import { openLogFile } from ${JSON.stringify(new URL('./log-file.ts', import.meta.url).href)};
    const log = await openLogFile({ target: 'stdout', onError: () => {}, bufferBytesMax: 1_048_576 });
    const started = performance.now();
    for (let index = 0; index < 40_000; index++) log.write('x'.repeat(99) + '\\n');
    const took = performance.now() - started;
    await log.close(200);
    process.stderr.write(JSON.stringify({ took, dropped: log.dropped }), () => process.kill(process.pid, 'SIGKILL'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'] });
  let report = '';
  child.stderr.on('data', (chunk) => (report += chunk));
  await new Promise((resolve) => child.once('exit', resolve));
  const { took, dropped } = JSON.parse(report) as { took: number; dropped: number };
  ok(took < 1_000, `writing took ${took} ms`);
  ok(dropped > 29_000 && dropped < 40_000, `${dropped} dropped`);
});

test('lines of several writers to one pipe are never torn', () => {
  const source = `
    import { Worker, isMainThread, workerData } from 'node:worker_threads';
    import { openLogFile } from ${JSON.stringify(new URL('./log-file.ts', import.meta.url).href)};
    const log = await openLogFile({ target: 'stdout', onError: (error) => { throw error; } });
    for (let index = 0; index < 2_000; index++) log.write((workerData ?? '?').repeat(60 + (index % 7)) + '\\n');
    await log.close(20_000);`;
  const main = `
    import { Worker } from 'node:worker_threads';
    for (const name of ['a', 'b', 'c']) new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(source)})), { workerData: name });`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', main], { encoding: 'utf8', maxBuffer: 1e8 });
  equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  equal(lines.length, 6_000);
  for (const line of lines) match(line, /^(?:a+|b+|c+)$/);
});
