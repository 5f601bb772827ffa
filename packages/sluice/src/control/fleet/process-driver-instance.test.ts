import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { bootId } from '../../io/instance-record.ts';
import { isRunning, readProcessStat } from '../../io/proc-stat.ts';
import { ProcessWatch } from '../../io/process-watch.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { ProcessInstance } from './process-driver-instance.ts';
import { KeptLogs } from './process-driver-logs.ts';
import { InstancePlace } from './process-driver-place.ts';

test('a process that was given the id of one of ours is left alone', async (t) => {
  const other = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
  t.after(() => other.kill('SIGKILL'));
  const pid = other.pid!;
  const { startTicks } = readProcessStat(pid)!;
  const runtime = manualRuntime();
  const place = new InstancePlace(
    {
      target: { kind: 'unix', path: '/nowhere' },
      socketDirectory: null,
      cgroup: null,
      cgroupFault: null,
      log: null,
      file: null,
      isDetached: true,
    },
    {
      runtime,
      watch: new ProcessWatch(runtime.timers),
      records: null,
      trouble: assert.fail,
      giveBackPort: () => {},
      logs: new KeptLogs(),
      follow: () => () => {},
    },
  );
  const record = {
    format: 1 as const,
    id: 'web.1',
    service: 'web',
    version: 'v1',
    pid,
    startTicks: startTicks - 1,
    bootId: bootId(),
    target: place.target,
    startedAtMs: 0,
    cgroups: [],
    log: { path: '/nowhere', fileBytes: 1, files: 1 },
    socketDirectory: null,
  };
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const instance = ProcessInstance.adopted(record, place, { exited: resolve, line: () => {} });
  instance.signal('SIGKILL');
  runtime.advance(2_000);
  await ended;
  assert.ok(isRunning(pid, startTicks));
});
