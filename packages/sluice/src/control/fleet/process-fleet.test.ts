import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { DEFAULT_INSTANCE_POLICY } from '../../core/fleet/process-life.ts';
import type { ProcessEnd, ProcessOptions } from '../../io/processes.ts';
import type { ReadinessProbe } from '../../io/readiness.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { ProcessFleet } from './process-fleet.ts';

interface FakeProcess {
  readonly options: ProcessOptions;
  readonly signals: string[];
  end(reason: string, hasStarted?: boolean): void;
}

function setUp(instances: number, healthPath: string | null = null) {
  const runtime = manualRuntime();
  const processes: FakeProcess[] = [];
  const answering = new Set<number>();
  const probes: ReadinessProbe[] = [];
  const said: string[] = [];
  const changes: string[][] = [];
  const unstartable: string[] = [];
  let nextPort = 4_000;
  const fleet: ProcessFleet = new ProcessFleet({
    service: 'web',
    instances,
    command: ['serve'],
    cwd: null,
    env: { MODE: 'test' },
    healthPath,
    policy: { ...DEFAULT_INSTANCE_POLICY, backoff: { baseMs: 100, maxMs: 1_000, jitter: 0 } },
    runtime,
    startProcess: (options) => {
      const process: FakeProcess = {
        options,
        signals: [],
        end: (reason, hasStarted = true) => options.exited({ reason, hasStarted } satisfies ProcessEnd),
      };
      processes.push(process);
      return { pid: processes.length, kill: (signal) => void process.signals.push(signal) };
    },
    probe: (probe) => {
      probes.push(probe);
      return Promise.resolve(probe.target.kind === 'tcp' && answering.has(probe.target.port));
    },
    // Every port twice: the fleet must not give one to two instances.
    freePort: () => Promise.resolve(4_000 + ((nextPort++ - 4_000) >> 1)),
    say: (_level, what) => void said.push(what),
    line: () => {},
    changed: () => {
      changes.push(fleet.endpoints().map((endpoint) => endpoint.address));
      return Promise.resolve();
    },
    unstartable: (reason) => unstartable.push(reason),
  });
  /** Moves time in small steps, letting promises settle in between. */
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed <= ms; passed += 50) {
      await turn();
      runtime.advance(passed === 0 ? 0 : 50);
    }
    await turn();
  };
  return { runtime, fleet, processes, answering, probes, said, changes, unstartable, advance };
}

test('each instance gets its own port, HOST and its name, and is an endpoint when it answers', async () => {
  const { fleet, processes, answering, changes, advance, probes } = setUp(2, '/healthz');
  fleet.start();
  await advance(100);
  assert.deepEqual(new Set(processes.map(({ options }) => options.env['PORT'])), new Set(['4000', '4001']));
  assert.deepEqual(processes[0]?.options.env, {
    MODE: 'test',
    PORT: processes[0]?.options.env['PORT'],
    HOST: '127.0.0.1',
    SLUICE_INSTANCE: 'web.1',
  });
  assert.deepEqual(fleet.endpoints(), []);
  assert.deepEqual(probes[0]?.probe, { kind: 'http', path: '/healthz' });
  answering.add(4_001);
  await advance(100);
  assert.deepEqual(changes, [['127.0.0.1:4001']]);
});

test('an instance that exits is no endpoint any more and comes back on another port', async () => {
  const { fleet, processes, answering, changes, advance, said } = setUp(1);
  fleet.start();
  answering.add(4_000).add(4_001);
  await advance(50);
  processes[0]?.end('signal SIGKILL');
  assert.deepEqual(changes.at(-1), []);
  await advance(200);
  assert.equal(processes.length, 2);
  assert.equal(fleet.endpoints().length, 1);
  assert.deepEqual(said, ['instance-ready', 'instance-exited', 'instance-ready']);
});

test('stop sends SIGTERM, SIGKILL after the deadline, and ends when the processes are gone', async () => {
  const { fleet, processes, advance } = setUp(2);
  fleet.start();
  await advance(0);
  let isStopped = false;
  const stopped = fleet.stop().then(() => (isStopped = true));
  processes[0]?.end('signal SIGTERM');
  await advance(DEFAULT_INSTANCE_POLICY.stopTimeoutMs);
  assert.deepEqual(
    processes.map(({ signals }) => signals),
    [['SIGTERM'], ['SIGTERM', 'SIGKILL']],
  );
  assert.equal(isStopped, false);
  processes[1]?.end('signal SIGKILL');
  await stopped;
  await advance(1_000);
  assert.equal(processes.length, 2, 'nothing is started again');
});

test('stopped while its port is being looked for, an instance never starts', async () => {
  const { fleet, processes } = setUp(1);
  fleet.start();
  await fleet.stop();
  assert.equal(processes.length, 0);
});

test('a command that cannot be started is told once there is no hope, not while it is being replaced', async () => {
  const { fleet, processes, answering, unstartable, advance } = setUp(1);
  fleet.start();
  answering.add(4_000);
  await advance(50);
  processes[0]?.end('exit code 0');
  await advance(200);
  processes[1]?.end('not found: serve', false);
  assert.deepEqual(unstartable, []);
  const hopeless = setUp(1);
  hopeless.fleet.start();
  await hopeless.advance(0);
  hopeless.processes[0]?.end('not found: serve', false);
  assert.deepEqual(hopeless.unstartable, ['not found: serve']);
});
