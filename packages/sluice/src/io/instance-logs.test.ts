import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogTail } from './instance-logs-tail.ts';
import { InstanceLog, openLog } from './instance-logs.ts';
import { LineBudget } from './process-output.ts';

function place(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'instance-log-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes each text and waits until it is on the disk. */
async function writeEach(log: InstanceLog, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    log.write(Buffer.from(text));
    await log.settled();
  }
}

test('a file is rotated at its size, and so many old ones are kept', async () => {
  using directory = place();
  const path = join(directory.path, 'made', 'web.1.log');
  const log = new InstanceLog({ path, fileBytes: 10, files: 2, now: () => 0, trouble: assert.fail });
  await writeEach(log, ['first one\n', 'second one\n', 'third one\n', 'fourth\n']);
  await log.close();
  const texts = [path, `${path}.1`, `${path}.2`].map((name) => readFileSync(name, 'utf8'));
  assert.deepEqual(texts, ['fourth\n', 'third one\n', 'second one\n']);
  assert.ok(!existsSync(`${path}.3`));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what is there is appended to, and without old ones the file begins anew', async () => {
  using directory = place();
  const path = join(directory.path, 'web.1.log');
  writeFileSync(path, 'before\n');
  const log = new InstanceLog({ path, fileBytes: 10, files: 0, now: () => 0, trouble: assert.fail });
  await writeEach(log, ['after\n']);
  assert.equal(readFileSync(path, 'utf8'), 'before\nafter\n');
  await writeEach(log, ['anew\n']);
  await log.close();
  assert.equal(readFileSync(path, 'utf8'), 'anew\n');
});

test('a full disk is told once, and holds nobody up', async () => {
  const told: string[] = [];
  const log = new InstanceLog({ path: '/dev/full', fileBytes: 1_000, files: 1, now: () => 0, trouble: (reason) => told.push(reason) });
  await writeEach(log, ['one\n', 'two\n', 'x'.repeat(2_000_000)]);
  await log.drained();
  await log.close();
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^log \/dev\/full: ENOSPC.*output is not kept until it can be written \(make room/);
});

test('it is tried anew after a second, and trouble after that is told again', async () => {
  using directory = place();
  const inTheWay = join(directory.path, 'logs');
  writeFileSync(inTheWay, '');
  let now = 0;
  const told: string[] = [];
  const path = join(inTheWay, 'web.1.log');
  const log = new InstanceLog({ path, fileBytes: 1_000, files: 1, now: () => now, trouble: (reason) => told.push(reason) });
  await writeEach(log, ['lost\n']);
  rmSync(inTheWay);
  await writeEach(log, ['lost too\n']);
  assert.ok(!existsSync(path));
  now = 1_000;
  await writeEach(log, ['kept\n']);
  assert.equal(readFileSync(path, 'utf8'), 'kept\n');
  await log.close();
  assert.equal(told.length, 1);
});

test('a link in its place is not followed', async () => {
  using directory = place();
  const victim = join(directory.path, 'victim');
  writeFileSync(victim, 'mine\n');
  const path = join(directory.path, 'web.1.log');
  symlinkSync(victim, path);
  const told: string[] = [];
  const log = new InstanceLog({ path, fileBytes: 1_000, files: 1, now: () => 0, trouble: (reason) => told.push(reason) });
  await writeEach(log, ['theirs\n']);
  await log.close();
  assert.equal(told.length, 1);
  assert.equal(readFileSync(victim, 'utf8'), 'mine\n');
});

test('a link in the place of a rotated log is not followed', async () => {
  using directory = place();
  const victim = join(directory.path, 'victim');
  writeFileSync(victim, 'mine\n');
  const path = join(directory.path, 'web.1.log');
  symlinkSync(victim, `${path}.1`);
  const file = await openLog(path);
  const budget = new LineBudget({ line: () => {}, now: () => 0 });
  const tail = new LogTail({ path, file, fileBytes: 5, files: 1, budget, trouble: assert.fail });
  await file.write('theirs\n');
  tail.look();
  await tail.close();
  assert.equal(readFileSync(victim, 'utf8'), 'mine\n');
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'theirs\n');
});

test('a log that cannot be looked at is told once, and ends nobody', async () => {
  using directory = place();
  const path = join(directory.path, 'web.1.log');
  const file = await openLog(path);
  const told: string[] = [];
  const budget = new LineBudget({ line: () => {}, now: () => 0 });
  const tail = new LogTail({ path, file, fileBytes: 5, files: 1, budget, trouble: (reason) => told.push(reason) });
  await file.close();
  tail.look();
  tail.look();
  await tail.close();
  assert.equal(told.length, 1);
});
