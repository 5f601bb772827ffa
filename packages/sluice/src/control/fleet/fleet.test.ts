import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BUCKET_COUNT } from '../../base/histogram.ts';
import type { FleetServicePlan, KubernetesRunPlan } from '../../config/fleet-plan.ts';
import { decisionFor, fleetPlan, fleetStage, RUN, servicePlan, type FleetStage } from '../../../test/support/fleet-stage.ts';
import type { FakeRunner } from '../../../test/support/fake-runner.ts';
import type { LogLine, LogQuery } from './fleet-request.ts';

async function started(plan: FleetServicePlan, stage = fleetStage()): Promise<FleetStage & { readonly runner: FakeRunner }> {
  stage.fleet.follow(fleetPlan(plan));
  await stage.fleet.start();
  await stage.advance(1_000);
  return { ...stage, runner: stage.runners[0]! };
}

const versions = (runner: FakeRunner) => runner.ready().map(({ version }) => version);
const deployOf = (stage: FleetStage) => stage.fleet.status()[0]!.deploy;
const CANARY = { ...servicePlan(0).deploy, strategy: 'canary', canary: [{ share: 0.1, pauseMs: 60_000 }] } as const;

/** The web service's ScaledService. */
function scaled({ fleet }: FleetStage) {
  return fleet.services()[0]!;
}

test('a service is brought to its initial number, and each instance that is lost is replaced', async () => {
  const { fleet, runner, advance, ...stage } = await started(servicePlan(3));
  assert.equal(runner.ready('v1').length, 3);
  assert.deepEqual(
    fleet.endpointsOf('web')?.map(({ address, version }) => [address, version]),
    [
      ['unix:/web.1', 'v1'],
      ['unix:/web.2', 'v1'],
      ['unix:/web.3', 'v1'],
    ],
  );
  assert.equal(fleet.endpointsOf('other'), null);
  assert.equal(fleet.traits('other'), null);
  runner.gone('web.2');
  await advance(500);
  assert.deepEqual(
    runner.ready().map(({ id }) => id),
    ['web.1', 'web.3', 'web.4'],
  );
  const service = fleet.services()[0]!;
  assert.deepEqual(service.counts(stage.runtime.clock.now()), { wanted: 3, ready: 3, warm: 3, starting: 0 });
  assert.equal(service.startMs, 300);
});

test('warm ones have been ready for the warm-up; what is not ready is starting', async () => {
  const plan = servicePlan(2);
  const { behavior } = plan.replicas;
  const stage = await started({ ...plan, replicas: { ...plan.replicas, behavior: { ...behavior, warmUpMs: 2_000 } } });
  assert.deepEqual(scaled(stage).counts(stage.runtime.clock.now()), { wanted: 2, ready: 2, warm: 0, starting: 0 });
  await stage.advance(2_000);
  stage.runner.set('web.1', { phase: 'unready' });
  assert.deepEqual(scaled(stage).counts(stage.runtime.clock.now()), { wanted: 2, ready: 1, warm: 1, starting: 1 });
});

test('scale-in takes the idlest, and tells who and who else', async () => {
  const stage = await started(servicePlan(4));
  for (const [index, count] of [7, 1, 0, 3].entries()) stage.inflight.set(`unix:/web.${index + 1}`, count);
  assert.equal(stage.fleet.protect('web', 'web.3', true).result, 'ok');
  const victims = scaled(stage).want(2, { ...decisionFor(2), reason: 'in-flight 11 of 4 × 5: 2 wanted' });
  assert.deepEqual(
    victims.map(({ id, isChosen, inflight }) => [id, isChosen, inflight]),
    [
      ['web.2', true, 1],
      ['web.4', true, 3],
      ['web.3', false, 0],
      ['web.1', false, 7],
    ],
  );
  assert.deepEqual(stage.runner.removed, [
    { id: 'web.2', reason: 'in-flight 11 of 4 x 5: 2 wanted' },
    { id: 'web.4', reason: 'in-flight 11 of 4 x 5: 2 wanted' },
  ]);
  await stage.advance(2_000);
  assert.deepEqual(
    stage.runner.ready().map(({ id }) => id),
    ['web.1', 'web.3'],
  );
});

test('protection bounds a scale-in, and status says so', async () => {
  const stage = await started(servicePlan(2));
  for (const id of ['web.1', 'web.2']) stage.fleet.protect('web', id, true);
  assert.deepEqual(
    scaled(stage)
      .want(0, decisionFor(0))
      .map(({ isChosen }) => isChosen),
    [false, false],
  );
  await stage.advance(3_000);
  assert.equal(stage.runner.ready().length, 2);
  assert.match(stage.fleet.status()[0]!.note!, /web\.1, web\.2 protected/);
  assert.match(JSON.stringify(stage.fleet.protect('web', 'web.9', true)), /has no instance \\"web.9\\": it has web.1, web.2/);
});

test('a rolling deploy of ten replaces all, never below ten ready nor above thirteen', async () => {
  const stage = await started(servicePlan(10));
  const { fleet, runner, advance } = stage;
  assert.deepEqual(fleet.deploy('web', { command: ['serve', '2'] }), { result: 'ok', detail: 'v2 takes the place of v1 in web (rolling)' });
  for (let round = 0; round < 40 && deployOf(stage) !== null; round++) {
    assert.ok(runner.ready().length >= 10, `${runner.ready().length} ready`);
    assert.ok(runner.instances().filter(({ phase }) => phase !== 'draining').length <= 13);
    assert.equal(fleet.status()[0]!.version, 'v2');
    await advance(100);
  }
  assert.deepEqual(
    versions(runner),
    Array.from({ length: 10 }, () => 'v2'),
  );
  assert.deepEqual(runner.added.at(-1)?.run, { ...RUN, command: ['serve', '2'] });
  assert.deepEqual(
    stage.said.map((line) => line.split(':')[0]),
    ['deploy-started', 'deploy-done'],
  );
  assert.equal(fleet.status()[0]!.note, null);
});

test('an old instance stays until every worker knows its replacement', async () => {
  let known = Promise.withResolvers<void>();
  const stage = await started(servicePlan(1), fleetStage({ changed: () => known.promise }));
  known.resolve();
  await turn();
  known = Promise.withResolvers<void>();
  stage.fleet.deploy('web', {});
  await stage.advance(2_000);
  assert.deepEqual(versions(stage.runner), ['v1', 'v2'], 'it is ready, but not known');
  known.resolve();
  await stage.advance(100);
  assert.deepEqual(versions(stage.runner), ['v2']);
});

test('while a deploy runs another is refused, and scaling goes on', async () => {
  const stage = await started(servicePlan(2));
  stage.fleet.deploy('web', {});
  const second = stage.fleet.deploy('web', {});
  assert.equal(second.result, 'refused');
  assert.match(JSON.stringify(second), /deploy of v2 is under way \(rolling: .*sluice rollback web/);
  assert.deepEqual(scaled(stage).want(5, decisionFor(5)), []);
  await stage.advance(5_000);
  assert.deepEqual(versions(stage.runner), ['v2', 'v2', 'v2', 'v2', 'v2']);
});

test('a version that never comes up is rolled back, and the note says why', async () => {
  const stage = await started(servicePlan(2));
  stage.runner.startMs.set('v2', null);
  stage.fleet.deploy('web', { command: ['broken'] });
  await stage.advance(1_000);
  assert.equal(deployOf(stage)?.phase, 'rolling');
  stage.runner.set('web.3', { phase: 'waiting', restarts: 3, trouble: { kind: 'crash-loop', detail: 'exit code 1, 3 times' } });
  await stage.advance(1_000);
  const [status] = stage.fleet.status();
  assert.deepEqual([status!.version, status!.deploy, versions(stage.runner)], ['v1', null, ['v1', 'v1']]);
  assert.equal(status!.note, 'the deploy of v2 was rolled back to v1: web.3 (v2): exit code 1, 3 times');
});

test('a canary gets its share, and goes back when its requests fail', async () => {
  const guard = { errorMargin: 0.01, latencyMargin: 0.2, requestsMin: 100, significance: 0.01 };
  const stage = await started(servicePlan(10, { deploy: { ...CANARY, guard } }));
  const buckets = new Float64Array(BUCKET_COUNT);
  // Cumulative since long ago: only what comes from now on counts.
  for (let id = 1; id <= 30; id++) stage.figures.set(`unix:/web.${id}`, { requests: 10_000, failures: 9_000, buckets });
  stage.fleet.deploy('web', {});
  await stage.advance(3_000);
  assert.deepEqual(stage.splits, ['null', '{"v1":1,"v2":0}', '{"v1":0.9,"v2":0.1}']);
  assert.deepEqual([deployOf(stage)?.phase, deployOf(stage)?.share], ['canary', 0.1]);
  for (let id = 1; id <= 10; id++) stage.figures.set(`unix:/web.${id}`, { requests: 10_500, failures: 9_001, buckets });
  stage.figures.set('unix:/web.11', { requests: 10_060, failures: 9_040, buckets });
  await stage.advance(2_000);
  assert.equal(deployOf(stage)?.phase, 'canary', '60 requests say nothing yet');
  stage.figures.set('unix:/web.11', { requests: 10_120, failures: 9_080, buckets });
  await stage.advance(2_000);
  assert.deepEqual(
    versions(stage.runner),
    Array.from({ length: 10 }, () => 'v1'),
  );
  assert.equal(stage.splits.at(-1), 'null');
  assert.match(stage.fleet.status()[0]!.note!, /66\.7 % of 120 requests failed/);
});

test('a canary waits for promote where it is to, and rolls on', async () => {
  const deploy = { ...CANARY, canary: [{ share: 0.5, pauseMs: null }] };
  const stage = await started(servicePlan(2, { deploy }));
  assert.equal(stage.fleet.promote('web').result, 'refused');
  stage.fleet.deploy('web', { version: 'blue' });
  await stage.advance(3_600_000 / 60);
  assert.deepEqual([deployOf(stage)?.phase, deployOf(stage)?.to, versions(stage.runner)], ['canary', 'blue', ['v1', 'blue']]);
  assert.equal(stage.fleet.promote('web').result, 'ok');
  await stage.advance(3_000);
  assert.deepEqual([deployOf(stage), versions(stage.runner)], [null, ['blue', 'blue']]);
  assert.match(JSON.stringify(stage.fleet.deploy('web', { version: 'blue' })), /there is a version \\"blue\\" already/);
});

test('blue-green switches once, and back at once', async () => {
  const stage = await started(servicePlan(3));
  stage.fleet.deploy('web', { strategy: 'blue-green' });
  await stage.advance(1_000);
  assert.deepEqual(stage.splits, ['null', '{"v1":1,"v2":0}', '{"v1":0,"v2":1}']);
  assert.equal(stage.runner.ready().length, 6);
  assert.equal(stage.fleet.rollback('web').result, 'ok');
  assert.deepEqual(stage.splits.slice(3), ['{"v1":1,"v2":0}', 'null'], 'by instance again when all new ones leave');
  await stage.advance(1_000);
  assert.deepEqual(versions(stage.runner), ['v1', 'v1', 'v1']);
  stage.fleet.deploy('web', { strategy: 'blue-green' });
  await stage.advance(63_000);
  assert.deepEqual([deployOf(stage), versions(stage.runner)], [null, ['v3', 'v3', 'v3']]);
});

test('rollback after a deploy brings the version before back', async () => {
  const stage = await started(servicePlan(2));
  assert.match(JSON.stringify(stage.fleet.rollback('web')), /has had no other version than v1/);
  stage.fleet.deploy('web', { env: { MODE: 'new' } });
  await stage.advance(3_000);
  assert.deepEqual(versions(stage.runner), ['v2', 'v2']);
  assert.equal(stage.fleet.rollback('web').result, 'ok');
  await stage.advance(3_000);
  assert.deepEqual(versions(stage.runner), ['v1', 'v1']);
  assert.deepEqual(stage.runner.added.at(-1)?.run, RUN);
});

test('asleep, a deploy only notes the version', async () => {
  const stage = await started(servicePlan(0));
  assert.match(JSON.stringify(stage.fleet.deploy('web', {})), /sleeps: v2 is what its next instance runs/);
  assert.equal(stage.fleet.status()[0]!.isAsleep, true);
  stage.fleet.wake('web');
  stage.fleet.wake('other');
  assert.deepEqual(stage.asked, ['web']);
  scaled(stage).want(1, decisionFor(1));
  await stage.advance(400);
  assert.deepEqual(versions(stage.runner), ['v2']);
});

test('a configuration that runs something else is rolled out; resources and life change what runs', async () => {
  const stage = await started(servicePlan(2));
  const { fleet, runner, advance } = stage;
  const resources = { cpu: 1, memoryBytes: null };
  fleet.follow(fleetPlan(servicePlan(2, { run: { ...RUN, resources, drainTimeoutMs: 5_000 } })));
  await advance(1_000);
  assert.deepEqual([runner.resources, runner.updates.at(-1)?.run.drainTimeoutMs, runner.added.length], [[resources], 5_000, 2]);
  fleet.follow(fleetPlan(servicePlan(2, { run: { ...RUN, command: ['other'] } })));
  await advance(3_000);
  assert.deepEqual([versions(runner), runner.added.at(-1)?.run], [['v2', 'v2'], { ...RUN, command: ['other'] }]);
});

test('a configuration that failed is not tried again until it changes', async () => {
  const stage = await started(servicePlan(1));
  const { fleet, runner, advance } = stage;
  const fail = (id: string) => runner.set(id, { phase: 'waiting', trouble: { kind: 'unstartable', detail: 'no such program' } });
  runner.startMs.set('v2', null);
  const broken = servicePlan(1, { run: { ...RUN, command: ['broken'] } });
  fleet.follow(fleetPlan(broken));
  await advance(500);
  fail('web.2');
  await advance(2_000);
  assert.match(fleet.status()[0]!.note!, /v2 was rolled back to v1: web.2 \(v2\): no such program/);
  fleet.follow(fleetPlan({ ...broken, run: { ...broken.run, drainTimeoutMs: 1 } }));
  await advance(5_000);
  assert.equal(runner.added.length, 2, 'no third start');
  fleet.follow(fleetPlan(servicePlan(1, { run: { ...RUN, command: ['mended'] } })));
  await advance(3_000);
  assert.deepEqual(versions(runner), ['v3']);
});

test('a configuration that changes while a deploy runs is rolled out after it', async () => {
  const stage = await started(servicePlan(2));
  stage.fleet.deploy('web', {});
  stage.fleet.follow(fleetPlan(servicePlan(2, { run: { ...RUN, command: ['other'] } })));
  assert.equal(deployOf(stage)?.to, 'v2');
  await stage.advance(6_000);
  assert.deepEqual(versions(stage.runner), ['v3', 'v3']);
});

test('a pause ends by itself, by resume, and by default with the parking wait', async () => {
  const stage = await started(servicePlan(1));
  const { fleet, advance } = stage;
  assert.match(JSON.stringify(fleet.resume('web')), /is not paused/);
  assert.equal(fleet.pause('web', 0).result, 'refused');
  fleet.pause('web', 5_000);
  assert.deepEqual(fleet.traits('web'), { isPaused: true, split: null });
  await advance(4_900);
  assert.equal(fleet.status()[0]!.isPaused, true);
  await advance(100);
  assert.equal(fleet.traits('web')?.isPaused, false);
  assert.match(stage.said.at(-1)!, /^pause-ended/);
  fleet.pause('web', null);
  await advance(29_900);
  assert.equal(fleet.traits('web')?.isPaused, true);
  assert.equal(fleet.resume('web').result, 'ok');
  await advance(1_000);
  assert.equal(stage.said.filter((line) => line.startsWith('pause-ended')).length, 1);
});

test('a number fixed by hand is told to the scaling loop, within the bounds', async () => {
  const stage = await started(servicePlan(1));
  assert.match(JSON.stringify(stage.fleet.scale('web', 21)), /must be 0\.\.20 \(replicas.min and .max\), got 21/);
  assert.equal(stage.fleet.scale('web', 4).result, 'ok');
  assert.deepEqual([scaled(stage).manual, stage.asked], [4, ['web']]);
  stage.fleet.scale('web', 'auto');
  assert.equal(scaled(stage).manual, null);
});

test('a service that is removed is drained and ended, and is unknown from then on', async () => {
  const drains: string[] = [];
  const held = Promise.withResolvers<number>();
  const stage = await started(
    servicePlan(2),
    fleetStage({
      drain: (service, address) => {
        drains.push(`${service} ${address}`);
        return held.promise;
      },
    }),
  );
  stage.fleet.follow(fleetPlan());
  assert.deepEqual(drains, ['web unix:/web.1', 'web unix:/web.2']);
  assert.equal(stage.fleet.endpointsOf('web'), null);
  assert.match(JSON.stringify(stage.fleet.scale('web', 1)), /runs no service \\"web\\": no service has/);
  await turn();
  assert.deepEqual([stage.runner.ends, stage.runner.instances().length], [[], 2]);
  held.resolve(0);
  await stage.advance(1_000);
  assert.deepEqual([stage.runner.ends, stage.runner.instances().length], [['stop'], 0]);
});

test('another platform takes over when it serves, and not before', async () => {
  const stage = await started(servicePlan(2));
  const run: KubernetesRunPlan = {
    ...RUN,
    runner: 'kubernetes',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    serviceName: 'web',
    port: null,
    kubeconfig: null,
    context: null,
  };
  stage.hooks.made = (runner) => {
    runner.hasVersions = false;
    runner.startMs.set('', 2_000);
  };
  stage.fleet.follow(fleetPlan(servicePlan(1, { run })));
  await stage.advance(1_500);
  assert.equal(stage.fleet.endpointsOf('web')?.length, 2, 'those of before');
  await stage.advance(2_000);
  assert.deepEqual([stage.runner.ends, stage.runners[1]!.ready().length], [['stop'], 2]);
  assert.match(
    JSON.stringify(stage.fleet.deploy('web', { image: 'web:2' })),
    /kubectl set image deployment\/web --namespace shop '\*=web:2'/,
  );
  assert.match(JSON.stringify(stage.fleet.rollback('web')), /kubectl/);
});

test('another platform goes on with the number that was fixed and with the pause', async () => {
  const stage = await started(servicePlan(2));
  stage.fleet.scale('web', 5);
  stage.fleet.pause('web', 10_000);
  await stage.advance(4_000);
  stage.fleet.follow(fleetPlan(servicePlan(2, { run: { ...RUN, runner: 'container', engine: 'unix:/x' } as never })));
  const { manual, isPaused } = stage.fleet.status()[0]!;
  assert.deepEqual([manual, isPaused, stage.fleet.traits('web')?.isPaused], [5, true, true]);
  await stage.advance(5_900);
  assert.equal(stage.fleet.traits('web')?.isPaused, true);
  await stage.advance(200);
  assert.equal(stage.fleet.traits('web')?.isPaused, false);
});

test('an engine that is away loses nothing: what is wanted is asked for once', async () => {
  const stage = await started(servicePlan(1));
  stage.runner.isEngineAway = true;
  scaled(stage).want(4, decisionFor(4));
  await stage.advance(10_000);
  assert.equal(stage.runner.added.length, 4);
  assert.equal(scaled(stage).counts(stage.runtime.clock.now()).wanted, 4);
});

test('instances of an earlier life are found by their versions, and replaced where the configuration changed meanwhile', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-fleet-'));
  t.after(() => rm(directory, { recursive: true }));
  const withDirectory = (plan: FleetServicePlan) => ({ ...fleetPlan(plan), directory });
  const first = fleetStage();
  first.fleet.follow(withDirectory(servicePlan(2)));
  await first.fleet.start();
  await first.advance(500);
  first.fleet.deploy('web', { env: { TOKEN: 'secret' } });
  await first.advance(3_000);
  await first.fleet.detach();
  const file = join(directory, 'versions', 'web.json');
  assert.match(await readFile(file, 'utf8'), /TOKEN/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  const again = fleetStage();
  again.hooks.made = (runner) => (runner.found = [{ version: 'v2', count: 5 }]);
  again.fleet.follow(withDirectory(servicePlan(2)));
  await again.fleet.start();
  await again.advance(2_000);
  assert.deepEqual(again.runners[0]!.adopted, [['v1', 'v2']]);
  assert.deepEqual([again.runners[0]!.added, versions(again.runners[0]!).length], [[], 5], 'as many as there were');
  assert.equal(again.fleet.status()[0]!.version, 'v2');
  await again.fleet.detach();

  const changed = fleetStage();
  changed.hooks.made = (runner) => (runner.found = [{ version: 'v2', count: 2 }]);
  changed.fleet.follow(withDirectory(servicePlan(2, { run: { ...RUN, command: ['other'] } })));
  await changed.fleet.start();
  await changed.advance(3_000);
  assert.deepEqual(versions(changed.runners[0]!), ['v3', 'v3']);
  await changed.fleet.detach();
});

test('without a record instances of an earlier life are nobody’s', async () => {
  const stage = fleetStage();
  stage.hooks.made = (runner) => (runner.found = [{ version: 'v1', count: 5 }]);
  const { runner } = await started(servicePlan(1), stage);
  assert.deepEqual([runner.adopted, runner.ready().length], [[[]], 1]);
});

test('lines go to the terminal unless the service says otherwise; a change counts at once', async () => {
  const shown: string[] = [];
  const logs = { ...RUN.logs, terminal: false };
  const quiet = servicePlan(1, { run: { ...RUN, logs } });
  const stage = await started(quiet, fleetStage({ line: (_service, _instance, _stream, text) => void shown.push(text) }));
  stage.runner.world.line('web.1', 'stdout', 'one');
  stage.fleet.follow(fleetPlan(servicePlan(1)));
  stage.runner.world.line('web.1', 'stdout', 'two');
  assert.deepEqual(shown, ['two']);
});

test('logs: the last lines of one or all in their order, then each new one until nobody wants them', async () => {
  const stage = await started(servicePlan(2));
  const { runner, fleet } = stage;
  runner.world.line('web.1', 'stdout', 'one');
  runner.world.line('web.2', 'stderr', 'two');
  runner.world.line('web.1', 'stdout', 'three');
  const stop = new AbortController();
  const query: LogQuery = { instance: null, lines: 2, follow: false, signal: stop.signal };
  const read = async (changes: Partial<LogQuery>) => {
    const lines = fleet.logs('web', { ...query, ...changes });
    assert.ok(!('result' in lines));
    const texts: string[] = [];
    for await (const { text } of lines) texts.push(text);
    return texts;
  };
  assert.deepEqual(await read({}), ['two', 'three']);
  assert.deepEqual(await read({ instance: 'web.1', lines: 10 }), ['one', 'three']);
  const following = read({ follow: true, lines: 1 });
  runner.world.line('web.2', 'stdout', 'four');
  await turn();
  runner.world.line('web.1', 'stdout', 'five');
  await turn();
  stop.abort();
  assert.deepEqual(await following, ['three', 'four', 'five']);
  assert.equal((fleet.logs('web', { ...query, instance: 'web.9' }) as { result?: string }).result, 'unknown');
  const first = fleet.logs('web', { ...query, lines: 1 }) as AsyncIterable<LogLine>;
  for await (const line of first)
    assert.deepEqual(line, { instance: 'web.1', stream: 'stdout', at: stage.runtime.clock.wall(), text: 'five' });
});

test('nobody waits for instances that keep ending; a pause holds all the same', async () => {
  const { fleet, runner, runtime } = await started(servicePlan(2));
  const detail = 'exit code 1';
  assert.equal(fleet.traits('web')?.parking, undefined);
  runner.set('web.1', { phase: 'waiting', trouble: { kind: 'crash-loop', detail } });
  assert.equal(fleet.traits('web')?.parking, undefined, 'the other one is up');
  runner.set('web.2', { phase: 'waiting', trouble: { kind: 'exited', detail } });
  assert.equal(fleet.traits('web')?.parking, undefined, 'an accident');
  runner.set('web.2', { phase: 'starting', trouble: { kind: 'unstartable', detail } });
  assert.equal(fleet.traits('web')?.parking, null);
  fleet.pause('web', 1_000);
  assert.equal(fleet.traits('web')?.parking, undefined);
  runtime.advance(1_000);
  assert.equal(fleet.traits('web')?.parking, null);
  runner.set('web.1', { phase: 'ready', trouble: null });
  assert.equal(fleet.traits('web')?.parking, undefined);
});
