/** The Kubernetes runner on a real 1.20.2 control plane, as an account that has the guide's Role and nothing else. `npm run test:kubernetes`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kubernetesRunner } from '../../src/control/fleet/kubernetes-runner.ts';
import { runnerContract } from '../../src/control/fleet/runner.contract.ts';
import type { Runner } from '../../src/control/fleet/runner.ts';
import { ContractWorld } from '../support/runner-world.ts';
import { Cluster } from './cluster.ts';
import { ClusterWorkload, type WorkloadKind } from './cluster-workload.ts';
import { FakeKubelet } from './fake-kubelet.ts';

const STEP_MS = 40_000;

let cluster: Cluster;
let kubelet: FakeKubelet;

before(async () => {
  cluster = await Cluster.start();
  kubelet = await FakeKubelet.start(cluster);
});
after(async () => {
  await kubelet?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

for (const kind of ['Deployment', 'StatefulSet'] as const) {
  runnerContract(`kubernetes ${kind}`, async () => (await ClusterWorkload.create(cluster, kubelet, kind)).fixture());
}

test('kubectl scale is taken over, said once, and not fought', async () => {
  await using stage = await begin('Deployment');
  const { world, runner, workload } = stage;
  await addReady(stage, 1);
  workload.scale(3);
  await world.until('three are ready', () => readyOf(runner).length === 3);
  assert.deepEqual(
    world.said.filter((what) => what === 'replicas-changed-elsewhere'),
    ['replicas-changed-elsewhere'],
  );
  runner.add({ name: stage.version, run: workload.service.run }, 1);
  await world.until('ours is added to theirs', () => readyOf(runner).length === 4);
  assert.equal((await kubelet.running(workload.namespace)).length, 4);
});

test('the highest ordinals of a StatefulSet go, whoever was chosen, and it is said', async () => {
  await using stage = await begin('StatefulSet');
  const { world, runner } = stage;
  await addReady(stage, 3);
  const [lowest] = readyOf(runner);
  assert.equal(lowest!.handle, 'users-0');
  runner.remove([lowest!.id], 'scale-in');
  await world.until('two are left', () => runner.instances().length === 2);
  assert.deepEqual(
    runner.instances().map(({ handle }) => handle),
    ['users-0', 'users-1'],
  );
  assert.equal(world.said.includes('other-victims'), true);
  assert.deepEqual(
    world.drains.map(({ address }) => address.split(':')[1]),
    ['8080'],
    'the one that went was drained, and no other',
  );
});

test('a rollout of the platform is followed', async () => {
  await using stage = await begin('Deployment');
  const { world, runner, workload } = stage;
  await addReady(stage, 2);
  cluster.kubectl(['-n', workload.namespace, 'set', 'env', 'deployment/users', 'RELEASE=2']);
  const isNew = (): boolean => readyOf(runner).length === 2 && runner.instances().every(({ version }) => version !== stage.version);
  await world.until('both are of the new version', () => runner.instances().length === 2 && isNew());
  assert.deepEqual(
    runner.endpoints().map(({ version }) => version !== stage.version),
    [true, true],
  );
});

interface Stage extends AsyncDisposable {
  readonly world: ContractWorld;
  readonly runner: Runner;
  readonly workload: ClusterWorkload;
  readonly version: string;
}

async function begin(kind: WorkloadKind): Promise<Stage> {
  const workload = await ClusterWorkload.create(cluster, kubelet, kind);
  const world = new ContractWorld(workload.service, STEP_MS);
  const runner = kubernetesRunner(world);
  world.watch(runner);
  await runner.adopt([]);
  const version = await workload.version();
  return {
    world,
    runner,
    workload,
    version,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      await workload[Symbol.asyncDispose]();
    },
  };
}

async function addReady({ world, runner, workload, version }: Stage, count: number): Promise<void> {
  runner.add({ name: version, run: workload.service.run }, count);
  await world.until(`${count} are ready`, () => readyOf(runner).length === count);
}

function readyOf(runner: Runner): ReturnType<Runner['instances']> {
  return runner.instances().filter(({ phase }) => phase === 'ready');
}
