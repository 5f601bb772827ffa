/** The AWS Auto Scaling group runner over moto, which speaks AWS's wire protocol; its machines run nothing. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { asgRunner } from '../../src/control/fleet/asg-runner.ts';
import { runnerContract } from '../../src/control/fleet/runner.contract.ts';
import type { Runner, Version } from '../../src/control/fleet/runner.ts';
import { MotoGroup } from '../support/moto-group.ts';
import { motoFault, startMoto, type Moto } from '../support/moto.ts';
import { ContractWorld } from '../support/runner-world.ts';
import { eventually } from '../support/waiting.ts';

const STEP_MS = 10_000;

const fault = motoFault();
if (fault === null) suite();
else test('the AWS Auto Scaling group runner', { skip: fault }, () => {});

function suite(): void {
  let moto: Moto;
  before(async () => {
    moto = await startMoto();
  });
  after(() => moto[Symbol.asyncDispose]());

  runnerContract('aws-asg', async () => (await MotoGroup.create(moto)).fixture());

  test('more than MaxSize is never asked for, and said of the instances that cannot come', async () => {
    await using group = await MotoGroup.create(moto, { min: 0, max: 2 });
    await using stage = await begin(group);
    const { world, runner } = stage;
    runner.add(stage.version, 3);
    await world.until('two are ready', () => readyCount(runner) === 2);
    const [impossible] = runner.instances().filter(({ handle }) => handle === null);
    assert.match(impossible?.trouble?.detail ?? '', /holds at most 2 .* 3 are wanted: raise its maximum/);
    assert.equal((await group.describe()).DesiredCapacity, 2);
    runner.remove([impossible!.id], 'scale-in');
    assert.equal(runner.instances().length, 2, 'a place that nobody made is taken back at once');
  });

  test('MinSize is not gone below', async () => {
    await using group = await MotoGroup.create(moto, { min: 1, max: 3 });
    await using stage = await begin(group);
    const { world, runner } = stage;
    await world.until('the one is ready', () => readyCount(runner) === 1);
    runner.remove([runner.instances()[0]!.id], 'scale-in');
    assert.equal(world.said.includes('group-minimum'), true);
    assert.equal(runner.instances()[0]!.phase, 'ready');
    assert.equal(world.drains.length, 0);
  });

  test('where there is a target group, its health decides', async () => {
    await using group = await MotoGroup.create(moto, { min: 0, max: 3, hasTargets: true });
    await using stage = await begin(group);
    const { world, runner } = stage;
    runner.add(stage.version, 2);
    await world.until('both are healthy', () => readyCount(runner) === 2);
    const [out] = runner.instances();
    await group.deregister(out!.handle!);
    await world.until('it is used no more', () => runner.endpoints().length === 1);
    assert.notEqual(runner.endpoints()[0]!.address, out!.address);
  });

  test('a desired capacity that somebody else set is taken over, once, and not fought', async () => {
    await using group = await MotoGroup.create(moto);
    await using stage = await begin(group);
    const { world, runner } = stage;
    runner.add(stage.version, 1);
    await world.until('one is ready', () => readyCount(runner) === 1);
    moto.relay.actions.length = 0;
    await group.setDesired(3);
    await world.until('all three are instances', () => readyCount(runner) === 3);
    assert.equal(world.said.filter((what) => what === 'replicas-changed-elsewhere').length, 1);
    assert.deepEqual(
      moto.relay.actions.filter((action) => action === 'SetDesiredCapacity'),
      ['SetDesiredCapacity'],
      'only theirs',
    );
    runner.add(stage.version, 1);
    await world.until('ours is added to theirs', () => readyCount(runner) === 4);
  });

  for (const action of ['SetDesiredCapacity', 'TerminateInstanceInAutoScalingGroup']) {
    test(`an answer to ${action} that is lost does it no second time`, async () => {
      await using group = await MotoGroup.create(moto);
      await using stage = await begin(group);
      const { world, runner } = stage;
      runner.add(stage.version, 2);
      await world.until('two are ready', () => readyCount(runner) === 2);
      moto.relay.loseAnswer(action);
      if (action === 'SetDesiredCapacity') runner.add(stage.version, 1);
      else runner.remove([runner.instances()[0]!.id], 'scale-in');
      const wanted = action === 'SetDesiredCapacity' ? 3 : 1;
      await world.until('the answer was lost', () => world.said.includes('engine-away'));
      await world.until('it is done', () => readyCount(runner) === wanted && runner.instances().length === wanted);
      assert.equal((await group.describe()).DesiredCapacity, wanted);
      assert.equal(world.said.includes('replicas-changed-elsewhere'), false);
    });
  }

  test('throttling is said once, and polling slows down', async () => {
    await using group = await MotoGroup.create(moto);
    await using stage = await begin(group);
    const { world } = stage;
    moto.relay.actions.length = 0;
    moto.relay.throttle();
    // 200 ms becomes 400 and 800, less a fifth of jitter.
    await eventually(STEP_MS, 'a look was throttled', () => moto.relay.actions.length === 1);
    const start = performance.now();
    await eventually(STEP_MS, 'two more were', () => moto.relay.actions.length === 3);
    assert.ok(performance.now() - start > 0.8 * 1_200, `two more looks within ${performance.now() - start} ms`);
    assert.equal(world.said.filter((what) => what === 'engine-away').length, 1);
    moto.relay.back();
    await world.until('it is back', () => world.said.includes('engine-back'));
  });

  test('a group that does not exist is said with its name', async () => {
    await using group = await MotoGroup.create(moto);
    const { service } = group;
    const world = new ContractWorld({ ...service, run: { ...service.run, group: 'nobody' } as typeof service.run }, STEP_MS);
    await using runner = asgRunner(world);
    await runner.adopt([]);
    assert.deepEqual(world.said, ['engine-refused']);
    runner.add({ name: '1', run: service.run }, 1);
    assert.match(runner.instances()[0]!.trouble?.detail ?? '', /there is no Auto Scaling group nobody in this region: create it/);
  });
}

interface Stage extends AsyncDisposable {
  readonly world: ContractWorld;
  readonly runner: Runner;
  readonly version: Version;
}

async function begin(group: MotoGroup): Promise<Stage> {
  const world = new ContractWorld(group.service, STEP_MS);
  const runner = asgRunner(world);
  world.watch(runner);
  await runner.adopt([{ name: '1', run: group.service.run }]);
  return { world, runner, version: { name: '1', run: group.service.run }, [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose]() };
}

function readyCount(runner: Runner): number {
  return runner.instances().filter(({ phase }) => phase === 'ready').length;
}
