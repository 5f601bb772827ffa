import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bootId, type InstanceRecord, InstanceRecords } from '../io/instance-record.ts';
import { openProcessDirectory } from '../io/process-directory.ts';
import { readProcessStat } from '../io/proc-stat.ts';
import { leftInstances, leftSentence } from './left-instances.ts';

const ALIVE: InstanceRecord = {
  format: 1,
  id: 'web.1',
  service: 'web',
  version: 'v1',
  pid: process.pid,
  startTicks: readProcessStat(process.pid)!.startTicks,
  bootId: bootId(),
  target: { kind: 'tcp', host: '127.0.0.1', port: 4_001 },
  startedAtMs: 1,
  cgroups: [],
  log: { path: '/tmp/none.log', fileBytes: 1, files: 1 },
  socketDirectory: null,
};

test('finds those of an earlier Sluice that still run, unless another one has them', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-left-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  assert.deepEqual(await leftInstances(directory), []);
  const records = new InstanceRecords(join(directory, 'instances'));
  records.write(ALIVE);
  records.write({ ...ALIVE, id: 'web.2', startTicks: ALIVE.startTicks + 1 });
  assert.deepEqual(
    (await leftInstances(directory)).map(({ id }) => id),
    ['web.1'],
  );
  const other = await openProcessDirectory(directory);
  t.after(() => other[Symbol.asyncDispose]());
  assert.deepEqual(await leftInstances(directory), []);
});

test('names them, and both remedies', () => {
  assert.match(
    leftSentence([ALIVE, { id: 'web.2', pid: 7 }], '/srv/.sluice'),
    /^web\.1 \(process \d+\), web\.2 \(process 7\) of an earlier Sluice still run, remembered in \/srv\/\.sluice; .*--detach.*: kill \d+ 7$/,
  );
});
