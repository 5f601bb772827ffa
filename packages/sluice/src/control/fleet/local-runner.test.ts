import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { fleetServicePlan } from '../../../test/support/scaled-service.ts';
import type { ResourcesPlan } from '../../config/fleet-plan.ts';
import type { ReadinessProbe } from '../../io/readiness.ts';
import { LocalRunner } from './local-runner.ts';
import {
  DriverFault,
  type DrivenInstance,
  type FoundInstance,
  type InstanceDriver,
  type InstanceWatch,
  type StartOrder,
} from './runner.ts';

/** An instance of the driver below, as the test sees it. */
interface Driven extends DrivenInstance {
  readonly watch: InstanceWatch;
  readonly signals: string[];
  readonly resources: ResourcesPlan[];
  isDetached: boolean;
  cpuSeconds: number;
}

/** Starts at once; the test says what ends, and what cannot be started. */
class ManualDriver implements InstanceDriver {
  readonly kind = 'process';
  readonly orders: StartOrder[] = [];
  readonly driven: Driven[] = [];
  fault: Error | null = null;
  /** Starts wait for this. */
  gate: Promise<void> = Promise.resolve();
  left: readonly FoundInstance[] = [];
  readonly unwanted: string[] = [];
  refusal: string | null = null;
  disposals = 0;

  async start(order: StartOrder, watch: InstanceWatch): Promise<DrivenInstance> {
    this.orders.push(order);
    await this.gate;
    if (this.fault !== null) throw this.fault;
    return this.#instance(order, watch);
  }

  adopt(watch: (found: FoundInstance) => InstanceWatch | null): Promise<readonly DrivenInstance[]> {
    if (this.fault !== null) return Promise.reject(this.fault);
    const adopted = this.left.flatMap((found) => {
      const wanted = watch(found);
      if (wanted === null) this.unwanted.push(found.id);
      return wanted === null ? [] : [this.#instance(found, wanted)];
    });
    return Promise.resolve(adopted);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposals++;
    return Promise.resolve();
  }

  #instance({ id, version }: FoundInstance, watch: InstanceWatch): Driven {
    const number = this.driven.length + 1;
    const instance: Driven = {
      id,
      version,
      watch,
      target: { kind: 'tcp', host: '127.0.0.1', port: 4_000 + number },
      handle: `handle-${number}`,
      startedAtMs: 1_700_000_000_000,
      signals: [],
      resources: [],
      isDetached: false,
      cpuSeconds: 0,
      signal: (signal) => void instance.signals.push(signal),
      setResources: (resources) => {
        instance.resources.push(resources);
        return Promise.resolve(this.refusal);
      },
      usage: () => Promise.resolve({ cpuSeconds: instance.cpuSeconds, memoryBytes: 1_000 }),
      detach: () => void (instance.isDetached = true),
    };
    this.driven.push(instance);
    return instance;
  }
}

function setUp(more: { concurrencyMax?: number } = {}) {
  const runtime = manualRuntime();
  const driver = new ManualDriver();
  const plan = fleetServicePlan('web', more);
  const run = {
    ...plan.run,
    ready: { probe: { kind: 'tcp' }, withinMs: 60_000, intervalMs: 2_000, timeoutMs: 1_000 },
    stopTimeoutMs: 10_000,
    drainTimeoutMs: 30_000,
  } as const;
  const service = { ...plan, run };
  const said: string[] = [];
  const details: string[] = [];
  const changes: string[][] = [];
  const hopeless: string[] = [];
  const drains: { address: string; done: (inflight: number) => void }[] = [];
  const probes: ReadinessProbe[] = [];
  /** What the workers take to know of a change. */
  const knows = { promise: Promise.resolve() };
  const answers = { isUp: true };
  const runner: LocalRunner = new LocalRunner({
    driver,
    probe: (probe) => {
      probes.push(probe);
      return Promise.resolve(answers.isUp);
    },
    world: {
      runtime,
      service,
      say: (_level, what, detail) => {
        said.push(what);
        details.push(String(detail['reason']));
      },
      changed: () => {
        changes.push(runner.endpoints().map(({ address }) => address));
        return knows.promise;
      },
      noticed: () => {},
      drain: (address) => new Promise((resolve) => drains.push({ address, done: resolve })),
      line: () => {},
      unstartable: (reason) => hopeless.push(reason),
    },
  });
  const version = { name: 'v1', run };
  /** Moves time in small steps, letting promises settle in between. */
  const advance = async (ms: number): Promise<void> => {
    await turn();
    for (let passed = 0; passed < ms; passed += 25) {
      runtime.advance(Math.min(25, ms - passed));
      await turn();
    }
  };
  const ready = async (count: number): Promise<void> => {
    runner.add(version, count);
    await advance(25);
    assert.equal(runner.endpoints().length, count);
  };
  const phases = (): string[] => runner.instances().map(({ id, phase }) => `${id} ${phase}`);
  return {
    runtime,
    driver,
    runner,
    service,
    version,
    said,
    details,
    changes,
    hopeless,
    drains,
    probes,
    knows,
    answers,
    advance,
    ready,
    phases,
  };
}

const died = { reason: 'exit code 1', isOutOfMemory: false };

test('"ready" is said when those who send requests know', async () => {
  const { runner, version, said, knows, advance } = setUp();
  const known = Promise.withResolvers<void>();
  knows.promise = known.promise;
  runner.add(version, 1);
  await advance(25);
  assert.equal(runner.endpoints().length, 1);
  assert.deepEqual(said, []);
  known.resolve();
  await advance(0);
  assert.deepEqual(said, ['instance-ready']);
});

test('an endpoint has its canonical address, its version and the bound of its service', async () => {
  const { runner, driver, service, ready, changes } = setUp({ concurrencyMax: 7 });
  await ready(1);
  const [endpoint] = runner.endpoints();
  const target = { kind: 'tcp', host: '127.0.0.1', port: 4_001 } as const;
  assert.deepEqual(endpoint, { address: '127.0.0.1:4001', target, weight: 1, priority: 0, requestsMax: 7, version: 'v1' });
  assert.equal(driver.orders[0]?.id, 'web.1');
  runner.update({ ...service, replicas: { ...service.replicas, concurrencyMax: 9 } });
  assert.equal(runner.endpoints()[0]?.requestsMax, 9);
  assert.equal(changes.length, 2, 'another bound is another set of endpoints');
});

test('one that crashes is no endpoint any more at once, comes back under its name, and its late answers count for nothing', async () => {
  const { runner, driver, said, changes, ready, advance, phases } = setUp();
  await ready(1);
  driver.driven[0]!.watch.exited(died);
  assert.deepEqual(changes.at(-1), []);
  assert.deepEqual(phases(), ['web.1 waiting']);
  assert.equal(runner.instances()[0]?.address, null);
  driver.driven[0]!.watch.exited(died);
  await advance(150);
  assert.deepEqual(phases(), ['web.1 ready']);
  assert.equal(runner.instances()[0]?.restarts, 1);
  assert.equal(runner.instances()[0]?.handle, 'handle-2');
  assert.deepEqual(said, ['instance-ready', 'instance-exited', 'instance-ready']);
});

test('SIGTERM waits for the drain, and then for the word that the endpoint left', async () => {
  const { runner, driver, drains, knows, ready, advance, phases } = setUp();
  await ready(2);
  runner.remove(['web.1'], 'scale-in');
  assert.deepEqual(
    drains.map(({ address }) => address),
    ['127.0.0.1:4001'],
  );
  assert.equal(runner.endpoints().length, 2);
  const known = Promise.withResolvers<void>();
  knows.promise = known.promise;
  drains[0]!.done(0);
  await advance(100);
  assert.equal(runner.endpoints().length, 1);
  assert.deepEqual(driver.driven[0]!.signals, []);
  known.resolve();
  await advance(0);
  assert.deepEqual(driver.driven[0]!.signals, ['SIGTERM']);
  assert.deepEqual(phases(), ['web.1 stopping', 'web.2 ready']);
  driver.driven[0]!.watch.exited({ reason: 'exit code 0', isOutOfMemory: false });
  assert.deepEqual(phases(), ['web.2 ready']);
});

test('what was cut off by the deadline of a drain gets 1,500 ms for its goodbye', async () => {
  const { runner, driver, drains, said, ready, advance } = setUp();
  await ready(1);
  runner.remove(['web.1'], 'scale-in');
  drains[0]!.done(2);
  await advance(1_475);
  assert.deepEqual(runner.endpoints(), []);
  assert.deepEqual(driver.driven[0]!.signals, []);
  await advance(25);
  assert.deepEqual(driver.driven[0]!.signals, ['SIGTERM']);
  assert.ok(said.includes('instance-drain-late'));
});

test('an unready one is out of routing and comes back by an answer', async () => {
  const { runner, answers, changes, ready, advance, phases } = setUp();
  await ready(1);
  answers.isUp = false;
  await advance(5_000);
  assert.deepEqual(phases(), ['web.1 unready']);
  assert.deepEqual(changes.at(-1), []);
  answers.isUp = true;
  await advance(2_500);
  assert.deepEqual(phases(), ['web.1 ready']);
  assert.equal(runner.endpoints().length, 1);
});

test('an engine that is away is said once for all, and its return too', async () => {
  const { runner, driver, version, said, details, ready, advance, phases } = setUp();
  await ready(1);
  driver.fault = new DriverFault('connect ENOENT /run/docker.sock', 'later');
  runner.add(version, 5);
  await advance(1_000);
  assert.deepEqual(said, ['instance-ready', 'engine-away']);
  assert.match(details[1] ?? '', /^web\.2 waits for whoever starts it: connect ENOENT \/run\/docker\.sock; next try/);
  assert.equal(runner.endpoints().length, 1);
  driver.fault = null;
  await advance(2_000);
  assert.deepEqual(
    phases(),
    [1, 2, 3, 4, 5, 6].map((number) => `web.${number} ready`),
  );
  assert.equal(said.filter((what) => what === 'engine-back').length, 1);
});

test('what cannot be started at all is told once, where nothing ever ran', async () => {
  const { runner, driver, version, said, hopeless, advance } = setUp();
  driver.fault = new DriverFault('not found: serve', 'never');
  runner.add(version, 3);
  await advance(5_000);
  assert.deepEqual(hopeless, ['not found: serve']);
  assert.equal(said.filter((what) => what === 'instance-unstartable').length, 3);
  const replaced = setUp();
  await replaced.ready(1);
  replaced.driver.fault = new DriverFault('not found: serve', 'never');
  replaced.driver.driven[0]!.watch.exited(died);
  await replaced.advance(5_000);
  assert.deepEqual(replaced.hopeless, []);
});

test('names are never used twice', async () => {
  const { runner, driver, version, ready, advance, phases } = setUp();
  await ready(2);
  runner.kill();
  const again = setUp();
  await again.ready(1);
  again.runner.remove(['web.1'], 'scale-in');
  again.drains[0]!.done(0);
  await again.advance(0);
  again.driver.driven[0]!.watch.exited(died);
  again.runner.add(again.version, 1);
  assert.deepEqual(again.phases(), ['web.2 starting']);
  runner.add(version, 1);
  await advance(100);
  assert.equal(driver.orders.length, 2, 'a runner that ends starts nothing');
  assert.deepEqual(phases(), ['web.1 stopping', 'web.2 stopping']);
});

test('finds what is its own, has the rest ended, and goes on counting', async () => {
  const { runner, driver, version, advance, phases, said } = setUp();
  driver.left = [
    { id: 'web.10', version: 'v1' },
    { id: 'web.4', version: 'v1' },
    { id: 'web.12', version: 'v0' },
    { id: 'api.20', version: 'v1' },
  ];
  await runner.adopt([version]);
  assert.deepEqual(phases(), ['web.4 ready', 'web.10 ready']);
  assert.deepEqual(driver.unwanted, ['web.12', 'api.20']);
  assert.equal(runner.endpoints().length, 2, 'before adopt() is over');
  runner.add(version, 1);
  await advance(25);
  assert.deepEqual(phases(), ['web.4 ready', 'web.10 ready', 'web.13 ready'], 'the name of one that is ended is not free yet');
  assert.deepEqual(said, ['instance-adopted', 'instance-adopted', 'instance-ready']);
});

test('while it cannot look for what is there, it starts nothing, and looks again', async () => {
  const { runner, driver, version, advance, phases, said } = setUp();
  driver.left = [{ id: 'web.1', version: 'v1' }];
  driver.fault = new DriverFault('connect ENOENT /run/docker.sock', 'later');
  const adopted = runner.adopt([version]);
  runner.add(version, 1);
  await advance(1_000);
  assert.deepEqual(phases(), []);
  assert.deepEqual(said, ['engine-away']);
  assert.match(runner.blindness!, /cannot be looked for: connect ENOENT \/run\/docker\.sock; see that the engine runs/);
  driver.fault = null;
  await advance(1_000);
  await adopted;
  await advance(25);
  assert.deepEqual(phases(), ['web.1 ready', 'web.2 ready']);
  assert.equal(runner.blindness, null);
});

test('stopped while it looks for what is there, it ends what it found', async () => {
  const { runner, driver, version, advance } = setUp();
  driver.left = [{ id: 'web.1', version: 'v1' }];
  const adopted = runner.adopt([version]);
  const stopped = runner.stop();
  await adopted;
  await advance(0);
  assert.deepEqual(driver.driven[0]!.signals, ['SIGTERM']);
  driver.driven[0]!.watch.exited(died);
  await stopped;
});

test('one that ended while it was found is started again', async () => {
  const { runner, driver, version, advance, phases } = setUp();
  driver.left = [{ id: 'web.1', version: 'v1' }];
  const adopted = runner.adopt([version]);
  driver.driven[0]!.watch.exited(died);
  await adopted;
  assert.deepEqual(phases(), ['web.1 waiting']);
  await advance(150);
  assert.deepEqual(phases(), ['web.1 ready']);
});

test('detached, instances run on; those that were leaving are ended; nothing is done any more', async () => {
  const { runtime, runner, driver, version, ready, advance, changes } = setUp();
  await ready(2);
  runner.remove(['web.1'], 'scale-in');
  const gate = Promise.withResolvers<void>();
  driver.gate = gate.promise;
  runner.add(version, 1);
  const detached = runner.detach();
  gate.resolve();
  await detached;
  assert.deepEqual(
    driver.driven.map(({ isDetached, signals }) => [isDetached, ...signals]),
    [[false, 'SIGTERM'], [true], [true]],
    'one that was being started is left running too',
  );
  assert.equal(runtime.waiting, 0, 'no timer is left');
  assert.equal(driver.disposals, 1);
  const told = changes.length;
  driver.driven[1]!.watch.exited(died);
  await advance(5_000);
  assert.equal(changes.length, told);
  await runner[Symbol.asyncDispose]();
  assert.equal(driver.disposals, 1);
});

test('stop sends SIGTERM to all, SIGKILL after the deadline, and ends when none is left', async () => {
  const { runtime, runner, driver, version, drains, ready, advance } = setUp();
  await ready(2);
  const gate = Promise.withResolvers<void>();
  driver.gate = gate.promise;
  runner.add(version, 1);
  let isStopped = false;
  const stopped = runner.stop().then(() => (isStopped = true));
  await advance(0);
  driver.driven[0]!.watch.exited(died);
  gate.resolve();
  await advance(10_000);
  assert.deepEqual(
    driver.driven.map(({ signals }) => signals),
    [['SIGTERM'], ['SIGTERM', 'SIGKILL'], ['SIGTERM', 'SIGKILL']],
  );
  assert.deepEqual(drains, []);
  assert.equal(isStopped, false);
  driver.driven[1]!.watch.exited(died);
  driver.driven[2]!.watch.exited(died);
  await stopped;
  assert.equal(runtime.waiting, 0, 'no timer is left');
});

test('other resources are given to what runs and to what starts; a refusal is said once', async () => {
  const { runner, driver, version, said, details, ready, advance } = setUp();
  await ready(2);
  driver.refusal = 'no cgroup may be written: run as root';
  const resources = { cpu: 1.5, memoryBytes: 1_000_000 };
  runner.setResources(resources);
  await advance(0);
  assert.deepEqual(driver.driven.map((instance) => instance.resources).flat(), [resources, resources]);
  assert.deepEqual(
    said.filter((what) => what === 'resources-refused'),
    ['resources-refused'],
  );
  assert.equal(details.at(-1), driver.refusal);
  runner.add(version, 1);
  const { run } = driver.orders[2]!;
  assert.deepEqual('resources' in run && run.resources, resources);
});

test('what is used is read each 2 s or so, as cores and bytes, and forgotten with its run', async () => {
  const { runner, driver, ready, advance } = setUp();
  await ready(1);
  await advance(2_500);
  assert.deepEqual([runner.instances()[0]?.cpu, runner.instances()[0]?.memoryBytes], [null, 1_000]);
  driver.driven[0]!.cpuSeconds = 3;
  await advance(2_500);
  // 3 s within two of its readings, which are 1.6 to 2.4 s apart, to the nearest quarter.
  const cpu = runner.instances()[0]?.cpu ?? 0;
  assert.ok(cpu >= 3 / 2.5 && cpu <= 3 / 1.5, String(cpu));
  driver.driven[0]!.watch.exited(died);
  assert.equal(runner.instances()[0]?.memoryBytes, null);
});

test('settings of its life apply to what runs', async () => {
  const { runner, service, probes, ready, advance } = setUp();
  await ready(1);
  const probe = { kind: 'http', path: '/well' } as const;
  runner.update({ ...service, run: { ...service.run, ready: { ...service.run.ready, probe, timeoutMs: 77 } } });
  await advance(2_500);
  assert.deepEqual(probes.at(-1)?.probe, probe);
  assert.equal(probes.at(-1)?.timeoutMs, 77);
});

test('one that is stopped to be started again is not on its way out: nobody takes its place, and its failures add up', async () => {
  const { runner, driver, version, answers, said, phases, advance } = setUp();
  answers.isUp = false;
  runner.add(version, 1);
  for (let run = 0; run < 3; run++) {
    await advance(60_600);
    assert.deepEqual(driver.driven[run]?.signals, ['SIGTERM']);
    assert.deepEqual(phases(), ['web.1 waiting']);
    driver.driven[run]!.watch.exited({ reason: 'signal SIGTERM', isOutOfMemory: false });
    await advance(400 * 2 ** run);
  }
  assert.equal(said.at(-1), 'instance-crash-loop');
  runner.remove(['web.1'], 'enough');
  assert.deepEqual(
    runner.instances().filter(({ phase }) => phase === 'waiting'),
    [],
  );
});
