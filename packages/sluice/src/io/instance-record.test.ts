import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { bootId, InstanceRecords, type InstanceRecord } from './instance-record.ts';
import { openProcessDirectory } from './process-directory.ts';

const NOBODY = 65_534;
const NEEDS_ROOT = { skip: process.getuid?.() === 0 ? false : 'files are given to another user by root alone' };
const RECORD: InstanceRecord = {
  format: 1,
  id: 'web.1',
  service: 'web',
  version: 'v1',
  pid: process.pid,
  startTicks: 1,
  bootId: bootId(),
  target: { kind: 'tcp', host: '127.0.0.1', port: 9_001 },
  startedAtMs: 0,
  cgroups: [],
  log: { path: '/tmp/web.1.log', fileBytes: 1_000, files: 1 },
  socketDirectory: null,
};

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'records-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('what is not whole is told and left alone', (t) => {
  const directory = place(t);
  const records = new InstanceRecords(directory);
  records.write(RECORD);
  for (const [name, changes] of Object.entries({
    target: { target: null },
    kind: { target: { kind: 'x' } },
    init: { pid: 1 },
    log: { log: null },
  }))
    writeFileSync(join(directory, `${name}.json`), JSON.stringify({ ...RECORD, ...changes }));
  const told: string[] = [];
  assert.deepEqual(
    records.read((reason) => told.push(reason)),
    [RECORD],
  );
  assert.equal(told.length, 4);
  assert.equal(readdirSync(directory).length, 5);
});

test('a record that another user wrote names no process of ours', NEEDS_ROOT, (t) => {
  const directory = place(t);
  const records = new InstanceRecords(directory);
  records.write(RECORD);
  chownSync(join(directory, 'web.1.json'), NOBODY, NOBODY);
  const told: string[] = [];
  assert.deepEqual(
    records.read((reason) => told.push(reason)),
    [],
  );
  assert.match(told[0]!, /belongs to another user \(65534\)/);
});

test('a directory of another user is not used', NEEDS_ROOT, async (t) => {
  const directory = place(t);
  chownSync(directory, NOBODY, NOBODY);
  await assert.rejects(openProcessDirectory(directory), /belongs to another user \(65534\): chown it/);
});
