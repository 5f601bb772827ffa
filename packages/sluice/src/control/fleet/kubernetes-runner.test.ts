/** The Kubernetes runner over real HTTPS, against recorded shapes; `npm run test:kubernetes` is the same against a real control plane. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupService } from '../../../test/support/group-service.ts';
import { COST, HASH, KubernetesWorkload, type WorkloadOptions } from '../../../test/support/kubernetes-workload.ts';
import { ContractWorld } from '../../../test/support/runner-world.ts';
import type { FleetServicePlan, KubernetesRunPlan } from '../../config/fleet-plan.ts';
import { kubernetesRunner } from './kubernetes-runner.ts';
import { runnerContract, type RunnerFixture } from './runner.contract.ts';
import type { Runner } from './runner.ts';

const STEP_MS = 10_000;
const NEW: WorkloadOptions = { kind: 'Deployment', minor: '1.34' };

for (const options of [NEW, { kind: 'Deployment', minor: '1.20' }, { kind: 'StatefulSet', minor: '1.34' }] as const) {
  runnerContract(`kubernetes ${options.minor} ${options.kind}`, () => fixture(options));
}

test('pods that are there count for what is asked before the first look', async () => {
  await using workload = await KubernetesWorkload.open({ ...NEW, replicas: 2 });
  await workload.server.away();
  const { world, runner } = make(workload);
  await using _ = runner;
  await runner.adopt([]);
  runner.add({ name: HASH, run: world.service.run }, 3);
  assert.deepEqual(world.said, ['engine-away']);
  await workload.server.back();
  await world.until('three are ready', () => readyOf(runner).length === 3);
  assert.equal(workload.replicas, 3);
});

test('the one that was chosen goes: its deletion cost is the lowest, and no other has one', async () => {
  await using stage = await begin(NEW, 3);
  const { workload, world, runner } = stage;
  const [oldest] = readyOf(runner);
  world.holdDrains();
  runner.remove([oldest!.id], 'scale-in');
  await world.until('it is drained', () => world.drains.length === 1);
  assert.equal(workload.annotations(oldest!.handle!)[COST], undefined, 'nothing is written before the drain is over');
  world.drains[0]!.done(0);
  await world.until('it is gone', () => runner.instances().length === 2);
  assert.equal(workload.running().includes(oldest!.handle!), false);
  for (const name of workload.running()) assert.equal(workload.annotations(name)[COST], undefined);
});

test('a mark that an earlier life left is taken back', async () => {
  await using workload = await KubernetesWorkload.open({ ...NEW, replicas: 2 });
  const [name] = workload.running();
  workload.change(name!, { annotations: { [COST]: '-2147483648' } });
  const { world, runner } = make(workload);
  await using _ = runner;
  await runner.adopt([]);
  await world.until('it is taken back', () => workload.annotations(name!)[COST] === undefined);
});

test('the highest ordinals of a StatefulSet go, and a protected one holds those below it', async () => {
  await using stage = await begin({ kind: 'StatefulSet', minor: '1.34' }, 4);
  const { workload, world, runner } = stage;
  const idOf = (name: string): string => runner.instances().find(({ handle }) => handle === name)!.id;
  runner.protect(idOf('users-2'), true);
  runner.remove([idOf('users-0'), idOf('users-1')], 'scale-in');
  await world.until('one has gone', () => runner.instances().length === 3);
  assert.deepEqual(workload.running(), ['users-0', 'users-1', 'users-2']);
  assert.equal(world.said.includes('other-victims'), true);
  assert.equal(world.drains.length, 1);
});

test('replicas that somebody else set are taken over, said once, and not fought', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  workload.scale(3);
  await world.until('three are ready', () => readyOf(runner).length === 3);
  assert.equal(world.said.filter((what) => what === 'replicas-changed-elsewhere').length, 1);
  assert.equal(writes(workload), 1, 'only the one that began the test');
  runner.add({ name: HASH, run: world.service.run }, 1);
  await world.until('ours is added to theirs', () => readyOf(runner).length === 4);
});

test('versions too old to watch from are listed again, without a word', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  const lists = lookedFor(workload, '/pods?');
  workload.server.forget();
  workload.scale(2);
  await world.until('two are ready', () => readyOf(runner).length === 2);
  assert.ok(lookedFor(workload, '/pods?') > lists, 'pods were listed again');
  assert.equal(world.said.includes('engine-away'), false);
});

test('a watch that ends is taken up where it was', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  const lists = lookedFor(workload, 'limit=500');
  workload.server.cutWatches();
  workload.scale(2);
  await world.until('two are ready', () => readyOf(runner).length === 2);
  assert.equal(lookedFor(workload, 'limit=500'), lists, 'nothing was listed again');
});

test('an answer that is lost scales no second time', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  workload.server.failNext = { match: /^PUT .*\/scale$/, how: 'lost' };
  runner.add({ name: HASH, run: world.service.run }, 1);
  await world.until('the answer was lost', () => world.said.includes('engine-away'));
  await world.until('the next try found it done', () => world.said.includes('engine-back'));
  await world.until('two are ready', () => readyOf(runner).length === 2);
  assert.equal(runner.instances().length, 2);
  assert.equal(workload.replicas, 2);
  assert.equal(world.said.includes('replicas-changed-elsewhere'), false);
});

test('a scale that conflicts is read and written again', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  workload.server.failNext = { match: /^PUT .*\/scale$/, how: 409 };
  runner.add({ name: HASH, run: world.service.run }, 1);
  await world.until('two are ready', () => readyOf(runner).length === 2);
  assert.equal(workload.replicas, 2);
  assert.equal(world.said.includes('engine-away'), false);
});

test('what a container suffers from is said of its pod', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  const [name] = workload.running();
  const waiting = (reason: string): object => ({ waiting: { reason, message: 'of the kubelet' } });
  const troubles: Record<string, Record<string, unknown>> = {
    'crash-loop': { restartCount: 4, state: waiting('CrashLoopBackOff'), lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    'out-of-memory': {
      restartCount: 2,
      state: waiting('CrashLoopBackOff'),
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    },
    unstartable: { state: waiting('ImagePullBackOff') },
  };
  for (const [kind, container] of Object.entries(troubles)) {
    workload.change(name!, { isReady: false, container });
    await world.until(`it is ${kind}`, () => runner.instances()[0]?.trouble?.kind === kind);
    assert.deepEqual(runner.endpoints(), []);
  }
  assert.equal(runner.instances()[0]!.phase, 'unready');
  workload.change(name!, { isReady: true, container: {} });
  await world.until('it is ready again', () => runner.endpoints().length === 1);
  assert.equal(runner.instances()[0]!.trouble, null);
});

test('without permission nothing is scaled, and the missing right is said', async () => {
  await using stage = await begin(NEW, 1);
  const { workload, world, runner } = stage;
  workload.server.failNext = { match: /\/scale$/, how: 403 };
  runner.add({ name: HASH, run: world.service.run }, 1);
  await world.until('it is said', () => world.said.includes('engine-refused'));
  await world.until('the next try is made', () => readyOf(runner).length === 2);
});

test('a workload that does not exist is said with its name', async () => {
  await using workload = await KubernetesWorkload.open(NEW);
  workload.server.remove(workload.collection, 'users');
  const { world, runner } = make(workload);
  await using _ = runner;
  await runner.adopt([]);
  assert.deepEqual(world.said, ['engine-refused']);
  runner.add({ name: HASH, run: world.service.run }, 1);
  assert.match(runner.instances()[0]!.trouble?.detail ?? '', /there is no Deployment users in namespace shop: create it/);
});

test('a kubeconfig that is not there can never work, and is said so', async () => {
  await using workload = await KubernetesWorkload.open(NEW);
  const { world, runner } = make(workload, { kubeconfig: '/nowhere/kubeconfig' });
  await using _ = runner;
  await runner.adopt([]);
  assert.match(world.hopeless[0] ?? '', /kubeconfig \/nowhere\/kubeconfig: there is no such file/);
});

test('a port that the Service does not have is said with those that it has', async () => {
  await using workload = await KubernetesWorkload.open({ ...NEW, replicas: 1 });
  const { world, runner } = make(workload, { port: 'web' });
  await using _ = runner;
  await runner.adopt([]);
  await world.until('it is said', () =>
    /no port web, but http \(\d+\), metrics \(9090\)/.test(runner.instances()[0]?.trouble?.detail ?? ''),
  );
  assert.deepEqual(runner.endpoints(), []);
});

function make(
  workload: KubernetesWorkload,
  over: Partial<KubernetesRunPlan> = {},
): { readonly world: ContractWorld; readonly runner: Runner } {
  const world = new ContractWorld(serviceOf(workload, over), STEP_MS);
  const runner = kubernetesRunner(world);
  world.watch(runner);
  return { world, runner };
}

function serviceOf({ kind, server }: KubernetesWorkload, over: Partial<KubernetesRunPlan> = {}): FleetServicePlan {
  const place = {
    namespace: 'shop',
    name: 'users',
    serviceName: 'users',
    port: 'http',
    kubeconfig: server.kubeconfig,
    context: null,
  } as const;
  return groupService({ runner: 'kubernetes', kind, ...place, ...over });
}

interface Stage extends AsyncDisposable {
  readonly workload: KubernetesWorkload;
  readonly world: ContractWorld;
  readonly runner: Runner;
}

/** With so many pods ready. */
async function begin(options: WorkloadOptions, count: number): Promise<Stage> {
  const workload = await KubernetesWorkload.open(options);
  const { world, runner } = make(workload);
  await runner.adopt([]);
  runner.add({ name: HASH, run: world.service.run }, count);
  await world.until(`${count} are ready`, () => readyOf(runner).length === count);
  return {
    workload,
    world,
    runner,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      await workload[Symbol.asyncDispose]();
    },
  };
}

async function fixture(options: WorkloadOptions): Promise<RunnerFixture> {
  const workload = await KubernetesWorkload.open(options);
  const service = serviceOf(workload);
  const isSet = options.kind === 'StatefulSet';
  return {
    service,
    versions: [{ name: HASH, run: service.run }],
    runner: (world) => kubernetesRunner(world),
    running: async () => workload.running(),
    kill: async (instance) => workload.kill(instance.handle!),
    engine: { away: () => workload.server.away(), back: () => workload.server.back() },
    cannot: {
      versions: 'a workload has one version, and rolls out the next by itself',
      stop: 'pods are the platform’s: Sluice’s end leaves them',
      ...(isSet
        ? { 'remove-one': 'a StatefulSet ends its highest ordinal', replace: 'a StatefulSet replaces a pod under the same name' }
        : {}),
    },
    stepMs: STEP_MS,
    [Symbol.asyncDispose]: () => workload[Symbol.asyncDispose](),
  };
}

function readyOf(runner: Runner): ReturnType<Runner['instances']> {
  return runner.instances().filter(({ phase }) => phase === 'ready');
}

function writes({ server }: KubernetesWorkload): number {
  return server.requests.filter((request) => request.startsWith('PUT ')).length;
}

function lookedFor({ server }: KubernetesWorkload, text: string): number {
  return server.requests.filter((request) => request.startsWith('GET ') && request.includes(text) && !request.includes('watch=true'))
    .length;
}
