/** `sluice up` on a whole Kubernetes 1.20.2 of one node, with real pods, under load. `npm run test:kubernetes -- node`. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { Decision } from '../../src/core/scaling/decision.ts';
import type { FleetServiceStatus, InstanceStatus } from '../../src/observe/fleet-status.ts';
import { startFleet, type FleetSite } from '../support/fleet-site.ts';
import { runSluice } from '../support/sluice-process.ts';
import { describeFailures, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';
import { eventually } from '../support/waiting.ts';
import { Cluster } from './cluster.ts';
import { ClusterNode } from './cluster-node.ts';
import { SLOW_PATH } from './node-image.ts';
import { NodeWorkload, type WorkloadKind } from './node-workload.ts';

const STEP_MS = 80_000;
const BY_HAND = { min: 2, max: 4 };
/** Four lanes are enough for one, sixteen for four. */
const BY_LOAD = {
  ...BY_HAND,
  scale: [{ signal: 'in-flight', target: 4, window: '6s' }],
  behavior: { in: { stabilization: '6s', count: 4, period: '2s' } },
};

let cluster: Cluster;
let node: ClusterNode;

before(async () => {
  const begun = performance.now();
  cluster = await Cluster.start(true);
  node = await ClusterNode.start(cluster);
  console.log(`the node is ready after ${seconds(begun)}`);
});
after(() => cluster?.[Symbol.asyncDispose]());

for (const kind of ['Deployment', 'StatefulSet'] as const) {
  test(`${kind}: load makes four pods of two, its end takes two away, and no request fails`, async (t) => {
    const { site, workload, load } = await begin(t, kind, BY_LOAD);
    const more = lanes(t, site, 12);
    const { instances } = await site.until('four are ready', ({ ready }) => ready === 4, STEP_MS);
    await answered(load, namesOf(instances));
    const served = Date.now();
    const out = (await site.decisions()).findLast(({ action }) => action === 'out')!;
    t.diagnostic(`${kind} 2 to 4: all have answered ${served - out.at} ms after the first decision, ${out.reason}`);
    assertNoFailure(workload, await more.stop());
    const left = Date.now();
    const stay = namesOf(await settled(site, workload, 2));
    const ins = (await site.decisions()).filter(({ action }) => action === 'in');
    const [gone] = ins;
    t.diagnostic(
      `${kind} 4 to 2: settled ${Date.now() - ins.at(-1)!.at} ms after the decision, ${Date.now() - left} ms after the load's end`,
    );
    await load.more(40);
    assertNoFailure(workload, await load.stop());
    if (kind === 'StatefulSet') assert.deepEqual(stay, ['users-0', 'users-1']);
    else assert.deepEqual(stay, stayers(gone!));
    t.diagnostic(`${kind}: pods that there ever were: ${workload.seen.size}`);
    const why = await runSluice(['why', 'app', '--limit', '20', '--admin', site.admin]);
    t.diagnostic(why.output);
    assert.match(why.output, /[23] → 4 wanted \(out\)/);
    assert.match(why.output, /\* in-flight: 4 wanted/);
    assert.match(why.output, /goes app\./);
  });

  test(`${kind}: a pod that is killed is replaced, and every request is answered`, async (t) => {
    const { site, workload, load } = await begin(t, kind, BY_HAND);
    const [first, second] = namesOf(await settled(site, workload, 2));
    await load.more(20);
    const killed = performance.now();
    workload.kubectl(['delete', 'pod', first!, '--force', '--grace-period=0']);
    await site.until('it is not there', ({ ready }) => ready < 2, STEP_MS);
    const replaced = await settled(site, workload, 2);
    // A StatefulSet's has the same name.
    assert.equal(
      replaced.some(({ handle }) => handle === first),
      kind === 'StatefulSet',
    );
    t.diagnostic(`${kind}: replaced ${seconds(killed)} after its deletion`);
    await load.more(40);
    node.killContainer(workload.namespace, second!);
    const { instances } = await site.until(
      'it was started again',
      (status) => status.instances.some(({ restarts }) => restarts === 1),
      STEP_MS,
    );
    assert.deepEqual(
      instances.filter(({ restarts }) => restarts === 1).map(({ handle }) => handle),
      [second],
    );
    await settled(site, workload, 2);
    await load.more(40);
    assertNoFailure(workload, await load.stop());
  });
}

test('the API server is killed under load: pods serve on, and what was wanted meanwhile comes once', async (t) => {
  const { site, workload, load } = await begin(t, 'Deployment', BY_HAND);
  await cluster.stopApiServer();
  await site.tell('scale', { instances: 4 });
  await site.sluice.line(/ engine-away /);
  await load.more(80);
  await site.until(
    'two wait for the API server',
    ({ instances, ready }) => ready === 2 && instances.filter(({ trouble }) => trouble !== null).length === 2,
  );
  await cluster.startApiServer();
  const back = performance.now();
  const replicas = (): string => workload.kubectl(['get', 'deployment', 'users', '-o', 'jsonpath={.spec.replicas}']);
  await eventually(STEP_MS, 'four are written', () => replicas() === '4');
  const written = seconds(back);
  await settled(site, workload, 4);
  t.diagnostic(`four are written ${written} and ready ${seconds(back)} after the API server was back`);
  assert.equal(workload.seen.size, 4);
  await load.more(40);
  assertNoFailure(workload, await load.stop());
  assert.equal(site.sluice.lines.filter((line) => line.includes(' engine-away ')).length, 1);
});

test('a protected pod stays, though this server knows no deletion cost', async (t) => {
  const { site, workload, load } = await begin(t, 'Deployment', BY_HAND);
  await site.tell('scale', { instances: 4 });
  const instances = await settled(site, workload, 4);
  const youngest = instances.toSorted((one, other) => one.ageSeconds - other.ageSeconds)[0]!;
  await site.tell(`instances/${youngest.id}/protect`, { protected: true });
  await site.tell('scale', { instances: 2 });
  const left = await settled(site, workload, 2);
  assert.ok(left.some(({ handle }) => handle === youngest.handle));
  assert.ok(left.every(({ handle }) => instances.some((one) => one.handle === handle)));
  const counts = await load.stop();
  assertNoFailure(workload, counts);
  // The server made replacements for those that went, and took them back.
  t.diagnostic(`replacements that began and ended: ${workload.seen.size - 4}`);
  assert.deepEqual(
    [...counts.bodies.keys()].filter((name) => !instances.some(({ handle }) => handle === name)),
    [],
    'a replacement was asked',
  );
});

interface Stage {
  readonly site: FleetSite;
  readonly workload: NodeWorkload;
  /** Four lanes, until the test stops them. */
  readonly load: SteadyLoad;
}

/** Two pods, in use. */
async function begin(t: TestContext, kind: WorkloadKind, replicas: object): Promise<Stage> {
  const workload = new NodeWorkload(cluster, kind);
  t.after(() => workload[Symbol.dispose]());
  const begun = performance.now();
  const site = await startFleet(t, { run: workload.run, replicas }, 0);
  await settled(site, workload, 2);
  t.diagnostic(`${kind}: two pods of none after ${seconds(begun)}, the start of sluice in it`);
  return { site, workload, load: lanes(t, site, 4) };
}

/** Each asks again as soon as it is answered, until the test ends. */
function lanes(t: TestContext, site: FleetSite, connections: number): SteadyLoad {
  const load = startSteadyLoad({ port: Number(new URL(site.url).port), path: SLOW_PATH, connections });
  t.after(() => load.stop());
  return load;
}

/** Each of the pods has answered. */
async function answered(load: SteadyLoad, pods: readonly string[]): Promise<void> {
  const { bodies } = load.counts;
  const areAll = (): boolean => pods.every((name) => bodies.has(name));
  await eventually(STEP_MS, 'each pod has answered', areAll).catch((error: Error) => {
    throw new Error(`${error.message}: ${pods.join()} are there, ${JSON.stringify([...bodies])} answered`);
  });
}

/** So many are ready, and the cluster has these and no others, those aside that it ends: the kubelet takes its time for that. */
async function settled(site: FleetSite, workload: NodeWorkload, count: number): Promise<readonly InstanceStatus[]> {
  const staying = (status: FleetServiceStatus): readonly InstanceStatus[] => status.instances.filter(({ phase }) => phase !== 'stopping');
  const isSo = (status: FleetServiceStatus): boolean => status.ready === count && staying(status).length === count;
  await site.until(`${count} are ready`, isSo, STEP_MS);
  await eventually(STEP_MS, `the cluster has ${count}`, async () => (await workload.pods()).length === count);
  return staying(await site.until(`${count} are ready, and no others`, isSo, STEP_MS));
}

function namesOf(instances: readonly InstanceStatus[]): readonly string[] {
  return instances.map(({ handle }) => handle!).toSorted();
}

function stayers({ victims }: Decision): readonly string[] {
  return victims
    .filter(({ isChosen }) => !isChosen)
    .map(({ id }) => id.replace('app.', 'users-'))
    .toSorted();
}

/** Every request got the whole answer of a pod. */
function assertNoFailure({ seen }: NodeWorkload, counts: Awaited<ReturnType<SteadyLoad['stop']>>): void {
  assert.deepEqual(counts.failures, [], describeFailures(counts));
  assert.deepEqual(
    [...counts.bodies.keys()].filter((name) => !seen.has(name)),
    [],
  );
}

function seconds(begun: number): string {
  return `${((performance.now() - begun) / 1_000).toFixed(1)} s`;
}
