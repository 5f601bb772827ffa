/**
 * What every runner keeps, as tests over any of them: `runnerContract` declares the cases, a fixture brings the platform. All waits are on what the
 * runner tells (`changed`, `noticed`), bounded by the fixture's `stepMs`, so that slow platforms take the same suite. What a platform cannot do is
 * said by its fixture, with the reason, and skipped by it.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import { http } from '../../io/node-http.ts';
import { ContractWorld } from '../../../test/support/runner-world.ts';
import type { Runner, RunnerWorld, Version } from './runner.ts';

/** What a platform may be unable to do. */
export type RunnerCapability =
  /** One instance, chosen by its id, ends. */
  | 'remove-one'
  /** It is drained before it ends. */
  | 'drain-first'
  /** What died is replaced. */
  | 'replace'
  /** The engine can be taken away in a test. */
  | 'engine-away'
  /** Instances outlive the runner, and the next one finds them. */
  | 'adopt'
  /** `stop` and `kill` end what runs. */
  | 'stop'
  /** Several versions side by side. */
  | 'versions';

/** A platform for one case: nothing runs on it yet. Its disposal leaves nothing behind. */
export interface RunnerFixture extends AsyncDisposable {
  readonly service: FleetServicePlan;
  /** What is run, answering any GET with 200; a second one where there is `versions`. */
  readonly versions: readonly Version[];
  /** A runner over the platform. Called again after `detach`: that one is the next life of Sluice. */
  runner(world: RunnerWorld): Runner;
  /** Handles of what really runs on the platform now, whoever started it, in any order. */
  running(): Promise<readonly string[]>;
  /** kill -9. */
  kill(instance: InstanceView): Promise<void>;
  /** Takes the engine away and brings it back; null where `cannot` says so. */
  readonly engine: { away(): Promise<void>; back(): Promise<void> } | null;
  /** Whether the endpoint answers; default: an HTTP request from this process, status 200. */
  readonly ask?: (endpoint: EndpointPlan) => Promise<boolean>;
  /** Why it cannot, by what. */
  readonly cannot: Readonly<Partial<Record<RunnerCapability, string>>>;
  /** One step (a start, an end, the engine's return) takes no longer. */
  readonly stepMs: number;
}

/** One case's things. */
interface Stage {
  readonly fixture: RunnerFixture;
  readonly world: ContractWorld;
  readonly runner: Runner;
  readonly version: Version;
}

/** Declares the tests for the runner `name`. `setUp` is called once per case; cases run one after the other. */
export function runnerContract(name: string, setUp: () => Promise<RunnerFixture>): void {
  const check = (title: string, needs: readonly RunnerCapability[], run: (stage: Stage) => Promise<void>): void => {
    test(`${name}: ${title}`, (t) => perform(t, setUp, needs, run));
  };
  check('what is added becomes endpoints that answer', [], addsTwo);
  check('one that is removed is drained, then ended, and no other', ['remove-one', 'drain-first'], removesOne);
  check('removed while requests stay in flight, it is ended all the same', ['remove-one', 'drain-first', 'stop'], removesBusy);
  check('ids that are unknown or leaving are passed over', ['remove-one', 'drain-first'], passesOver);
  check('what is killed is replaced', ['replace'], replaces);
  check('while the engine is away nothing is lost, and nothing is started twice', ['engine-away'], survivesEngine);
  check('the next life finds what the last one left', ['adopt'], adopts);
  check('two versions run side by side', ['versions'], runsVersions);
  check('protection is kept by id', [], protects);
  check('stop leaves none', ['stop'], stops);
  check('kill leaves none', ['stop'], kills);
}

async function perform(
  t: TestContext,
  setUp: () => Promise<RunnerFixture>,
  needs: readonly RunnerCapability[],
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  await using fixture = await setUp();
  const reason = needs.map((need) => fixture.cannot[need]).find((text) => text !== undefined);
  if (reason !== undefined) return t.skip(reason);
  const world = new ContractWorld(fixture.service, fixture.stepMs);
  await using runner = fixture.runner(world);
  world.watch(runner);
  await runner.adopt(fixture.versions);
  await run({ fixture, world, runner, version: fixture.versions[0]! });
}

async function addsTwo({ fixture, world, runner, version }: Stage): Promise<void> {
  assert.deepEqual(runner.endpoints(), []);
  await addReady({ fixture, world, runner, version }, 2);
  const endpoints = runner.endpoints();
  await answer(fixture, endpoints);
  const told = world.changes.at(-1)?.toSorted();
  assert.deepEqual(told, endpoints.map(({ address }) => address).toSorted(), 'changed() was called after the last change of endpoints()');
  const instances = runner.instances();
  assert.equal(new Set(instances.map(({ id }) => id)).size, 2, 'ids are unique');
  assert.deepEqual(new Set(instances.map(({ address }) => address)), new Set(endpoints.map(({ address }) => address)));
  assert.deepEqual(
    endpoints.map((endpoint) => endpoint.version),
    [version.name, version.name],
  );
  await sameRunning(fixture, instances);
}

async function removesOne(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  const [gone, stays] = await addReady(stage, 2);
  world.holdDrains();
  runner.remove([gone!.id], 'scale-in');
  await world.until('drain() is called for the one that goes', () => world.drains.length === 1);
  assert.equal(world.drains[0]!.address, gone!.address);
  assert.equal(world.drains[0]!.deadlineMs, fixture.service.run.drainTimeoutMs);
  assert.equal(viewOf(runner, gone!.id)?.phase, 'draining');
  await answer(fixture, runner.endpoints());
  assert.equal(runner.endpoints().length, 2, 'a draining one is still an endpoint');
  await sameRunning(fixture, runner.instances());
  world.drains[0]!.done(0);
  await world.until('the drained one is gone', () => viewOf(runner, gone!.id) === undefined);
  assert.deepEqual(
    runner.endpoints().map(({ address }) => address),
    [stays!.address],
  );
  assert.deepEqual(world.changes.at(-1), [stays!.address]);
  // A platform may show one that ends a moment longer than we do.
  await world.until('one runs', async () => (await fixture.running()).length === 1);
  await sameRunning(fixture, [stays!]);
  await answer(fixture, runner.endpoints());
}

async function removesBusy(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  const [gone] = await addReady(stage, 1);
  world.holdDrains();
  runner.remove([gone!.id], 'scale-in');
  await world.until('drain() is called', () => world.drains.length === 1);
  world.drains[0]!.done(3);
  await world.until('the endpoint leaves', () => runner.endpoints().length === 0);
  await world.until('the instance is gone', () => runner.instances().length === 0);
  await sameRunning(fixture, []);
}

async function passesOver(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  const [gone, stays] = await addReady(stage, 2);
  runner.remove(['nothing.99', ''], 'a test');
  assert.equal(world.drains.length, 0);
  world.holdDrains();
  runner.remove([gone!.id, gone!.id], 'once');
  runner.remove([gone!.id], 'twice');
  await world.until('drain() is called', () => world.drains.length > 0);
  runner.remove([gone!.id], 'three times');
  world.drains[0]!.done(0);
  await world.until('it is gone', () => viewOf(runner, gone!.id) === undefined);
  runner.remove([gone!.id], 'it is gone already');
  assert.equal(world.drains.length, 1);
  await sameRunning(fixture, [stays!]);
}

async function replaces(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  const [killed] = await addReady(stage, 1);
  const changes = world.changes.length;
  await fixture.kill(killed!);
  // A platform may start it again in its place.
  const isBack = (): boolean => ready(runner).some(({ handle, restarts }) => handle !== killed!.handle || restarts > killed!.restarts);
  await world.until('another one is ready', isBack);
  await answer(fixture, runner.endpoints());
  assert.ok(world.changes.length > changes, 'changed() was called');
  assert.equal(runner.endpoints().length, 1);
  await sameRunning(fixture, ready(runner));
}

async function survivesEngine(stage: Stage): Promise<void> {
  const { fixture, world, runner, version } = stage;
  const [first] = await addReady(stage, 1);
  await fixture.engine!.away();
  runner.add(version, 1);
  await world.until('engine-away is said', () => world.said.includes('engine-away'));
  assert.deepEqual(
    runner.endpoints().map(({ address }) => address),
    [first!.address],
  );
  assert.equal(viewOf(runner, first!.id)?.handle, first!.handle, 'what runs stays');
  await fixture.engine!.back();
  await world.until('both are ready', () => ready(runner).length === 2);
  await answer(fixture, runner.endpoints());
  await sameRunning(fixture, runner.instances());
  assert.equal(runner.instances().length, 2, 'nothing was started twice');
}

async function adopts(stage: Stage): Promise<void> {
  const { fixture, runner, version } = stage;
  const left = await addReady(stage, 2);
  await runner.detach();
  await sameRunning(fixture, left);
  const world = new ContractWorld(fixture.service, fixture.stepMs);
  await using next = fixture.runner(world);
  world.watch(next);
  await next.adopt(fixture.versions);
  await world.until('both are ready again', () => ready(next).length === 2);
  const identity = ({ id, version: of, handle, address }: InstanceView): object => ({ id, version: of, handle, address });
  assert.deepEqual(next.instances().map(identity), left.map(identity));
  await answer(fixture, next.endpoints());
  next.add(version, 1);
  await world.until('a third is ready', () => ready(next).length === 3);
  assert.equal(new Set(next.instances().map(({ id }) => id)).size, 3, 'ids are never used twice');
  await sameRunning(fixture, next.instances());
}

async function runsVersions(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  assert.equal(runner.hasVersions, true);
  const [, second] = fixture.versions;
  await addReady(stage, 1);
  runner.add(second!, 1);
  await world.until('both versions are ready', () => ready(runner).length === 2);
  const versions = runner.endpoints().map((endpoint) => endpoint.version);
  assert.deepEqual(
    versions.toSorted(),
    fixture.versions
      .slice(0, 2)
      .map(({ name }) => name)
      .toSorted(),
  );
  await answer(fixture, runner.endpoints());
}

async function protects(stage: Stage): Promise<void> {
  const { runner } = stage;
  const [only] = await addReady(stage, 1);
  assert.equal(runner.protect('nothing.99', true), false);
  assert.equal(runner.protect(only!.id, true), true);
  assert.equal(viewOf(runner, only!.id)?.isProtected, true);
  assert.equal(runner.protect(only!.id, false), true);
  assert.equal(viewOf(runner, only!.id)?.isProtected, false);
}

async function stops(stage: Stage): Promise<void> {
  const { fixture, world, runner, version } = stage;
  await addReady(stage, 1);
  runner.add(version, 1); // may be anywhere between its order and its first answer
  await runner.stop();
  assert.deepEqual(runner.instances(), []);
  assert.deepEqual(runner.endpoints(), []);
  assert.equal(world.drains.length, 0, 'stop does not drain');
  await sameRunning(fixture, []);
}

async function kills(stage: Stage): Promise<void> {
  const { fixture, world, runner } = stage;
  await addReady(stage, 2);
  runner.kill();
  await world.until('nothing runs', async () => (await fixture.running()).length === 0);
}

/** Adds so many and waits until they are ready. */
async function addReady({ world, runner, version }: Stage, count: number): Promise<readonly InstanceView[]> {
  runner.add(version, count);
  await world.until(`${count} are ready`, () => ready(runner).length === count && runner.endpoints().length === count);
  return ready(runner);
}

function ready(runner: Runner): readonly InstanceView[] {
  return runner.instances().filter(({ phase }) => phase === 'ready');
}

function viewOf(runner: Runner, id: string): InstanceView | undefined {
  return runner.instances().find((view) => view.id === id);
}

/** The platform runs exactly these. */
async function sameRunning(fixture: RunnerFixture, instances: readonly InstanceView[]): Promise<void> {
  const expected = instances.map(({ handle }) => String(handle)).toSorted();
  assert.deepEqual((await fixture.running()).toSorted(), expected, 'what runs on the platform');
}

async function answer(fixture: RunnerFixture, endpoints: readonly EndpointPlan[]): Promise<void> {
  const ask = fixture.ask ?? ((endpoint) => get(endpoint, fixture.stepMs));
  const answers = await Promise.all(endpoints.map((endpoint) => ask(endpoint)));
  assert.deepEqual(
    answers,
    endpoints.map(() => true),
    'endpoints answer',
  );
}

function get({ target }: EndpointPlan, timeoutMs: number): Promise<boolean> {
  const where = target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve) => {
    const request = http.request({ ...where, path: '/', agent: false, signal: AbortSignal.timeout(timeoutMs) }, (reply) => {
      reply.destroy();
      resolve(reply.statusCode === 200);
    });
    request.once('error', () => resolve(false));
    request.end();
  });
}
