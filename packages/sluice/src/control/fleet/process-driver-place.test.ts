import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessWatch } from '../../io/process-watch.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { KeptLogs } from './process-driver-logs.ts';
import { InstancePlace, type PlaceWorld } from './process-driver-place.ts';

test('what cannot be given back is told, and keeps nothing else from being given back', async () => {
  const runtime = manualRuntime();
  const told: string[] = [];
  const ports: unknown[] = [];
  const readOnly = (): never => {
    throw new Error('EROFS: read-only file system');
  };
  const world: PlaceWorld = {
    runtime,
    watch: new ProcessWatch(runtime.timers),
    records: { write: readOnly, remove: readOnly, read: readOnly } as unknown as PlaceWorld['records'],
    trouble: (reason) => told.push(reason),
    giveBackPort: (target) => ports.push(target),
    logs: new KeptLogs(),
    follow: () => () => {},
  };
  const target = { kind: 'tcp', host: '127.0.0.1', port: 9_001 } as const;
  const file = { close: () => Promise.reject(new Error('EIO: i/o error')) } as never;
  const place = new InstancePlace(
    { target, socketDirectory: null, cgroup: null, cgroupFault: null, log: null, file, isDetached: true },
    world,
  );
  place.remember('web.1');
  await place.release();
  assert.deepEqual(ports, [target]);
  assert.deepEqual(told, [
    'something of an instance that has ended is left behind: EIO: i/o error',
    'something of an instance that has ended is left behind: EROFS: read-only file system',
  ]);
});
