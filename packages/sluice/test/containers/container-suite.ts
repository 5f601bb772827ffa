/** The container driver over a real engine, named by the first argument. Runs inside namespaces of its own: `../integration/containers.test.ts` starts it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ContainerRunPlan } from '../../src/config/fleet-plan.ts';
import type { AddressPlan } from '../../src/config/plan.ts';
import { ContainerDriver } from '../../src/control/fleet/container-driver.ts';
import { runnerContract } from '../../src/control/fleet/runner.contract.ts';
import { DriverFault } from '../../src/control/fleet/runner.ts';
import { SERVE, TestEngine, type EngineName } from '../support/container-engine.ts';
import { containerFixture, containerHost, containerRun } from '../support/container-fixture.ts';
import { ContainerStage, Heard } from '../support/container-stage.ts';
import { eventually } from '../support/waiting.ts';
import { wholeProgram } from './whole-program.ts';

const WAIT_MS = 15_000;
const MEBIBYTE = 1_048_576;

const name = process.argv[2] as EngineName;
const engine = await TestEngine.start(name);
after(() => engine[Symbol.asyncDispose]());

runnerContract(name, () => containerFixture(engine));
wholeProgram(name, engine);

/** What a server says of itself; null while it does not answer. */
async function ask(target: AddressPlan): Promise<string | null> {
  if (target.kind !== 'tcp') return null;
  const url = `http://${target.host}:${target.port}/`;
  return await fetch(url).then(
    (reply) => reply.text(),
    () => null,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function serves(target: AddressPlan, id: string): Promise<void> {
  await eventually(WAIT_MS, `${id} answers`, async () => (await ask(target)) === id);
}

async function faultOf(run: Partial<ContainerRunPlan>): Promise<DriverFault> {
  await using stage = new ContainerStage(engine, run);
  const fault = await stage.start().then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof DriverFault, 'the start fails');
  assert.deepEqual(await engine.all(), [], 'nothing of it is left');
  return fault;
}

for (const run of [{ reach: 'published' }, { reach: 'address' }, { network: 'host' }] as const) {
  test(`${name}: two instances are reached by ${JSON.stringify(run)}`, async () => {
    await using stage = new ContainerStage(engine, run);
    const first = await stage.start('web.1');
    const second = await stage.start('web.2');
    await serves(first.driven.target, 'web.1');
    await serves(second.driven.target, 'web.2');
  });
}

test(`${name}: a container has the labels, the environment and the bounds of its instance`, async () => {
  const labels = { team: 'shop', 'sluice.owner': 'somebody' };
  await using stage = new ContainerStage(engine, { labels, env: { SECRET: 'x' }, resources: { cpu: 0.5, memoryBytes: 64 * MEBIBYTE } });
  const { driven } = await stage.start();
  const { Config, HostConfig } = await engine.inspect(driven.handle);
  const own = {
    'sluice.owner': stage.host.owner,
    'sluice.service': 'web',
    'sluice.instance': 'web.1',
    'sluice.version': 'v1',
    team: 'shop',
  };
  for (const [label, value] of Object.entries(own)) assert.equal(Config.Labels[label], value);
  for (const entry of ['SECRET=x', 'PORT=8080', 'HOST=0.0.0.0', 'SLUICE_INSTANCE=web.1', 'SLUICE_KEEP_ALIVE_MS=65000'])
    assert.ok(Config.Env.includes(entry), entry);
  assert.equal(HostConfig.Memory, 64 * MEBIBYTE);
  assert.equal(HostConfig.NanoCpus, 5e8);
  assert.equal((await engine.all())[0]!.Names[0], `/sluice-web-1-${stage.host.owner}`);
});

test(`${name}: one that ends at once is told with its exit code, after its last words`, async () => {
  await using stage = new ContainerStage(engine, { command: ['sh', '-c', 'echo farewell; echo alas >&2; exit 3'] });
  const { heard } = await stage.start();
  assert.deepEqual(await heard.end(), { reason: 'exit code 3', isOutOfMemory: false });
  assert.deepEqual(heard.lines.toSorted(), ['! alas', 'farewell']);
  assert.equal(heard.ends.length, 1);
  assert.deepEqual(await engine.all(), [], 'it is removed');
});

test(`${name}: SIGTERM is heard, and what is written until the end`, async () => {
  await using stage = new ContainerStage(engine);
  const { driven, heard } = await stage.start();
  await serves(driven.target, 'web.1');
  driven.signal('SIGTERM');
  assert.equal((await heard.end()).reason, 'exit code 0');
  assert.deepEqual(heard.lines, ['serving on 0.0.0.0:8080', 'asked to end']);
});

test(`${name}: one that leaks past its memory is told to have`, async () => {
  await using stage = new ContainerStage(engine, { command: ['tail', '/dev/zero'], resources: { cpu: null, memoryBytes: 24 * MEBIBYTE } });
  const { heard } = await stage.start();
  const { reason, isOutOfMemory } = await heard.end();
  assert.match(reason, /at its memory bound of 24 MiB/);
  // Podman misses it at times.
  if (name === 'docker') assert.equal(isOutOfMemory, true);
});

test(`${name}: its lines go on where they were when the engine is back`, async () => {
  await using stage = new ContainerStage(engine, { command: [...SERVE, 'i=0; while sleep 0.05; do i=$((i+1)); echo $i; done &'] });
  const { heard } = await stage.start();
  const numbers = (): number[] => heard.lines.slice(1).map(Number);
  await eventually(WAIT_MS, 'it counts', () => numbers().length >= 10);
  await engine.away();
  const before = numbers().length;
  await engine.back();
  await eventually(WAIT_MS, 'it is heard again', () => numbers().length >= before + 30);
  assert.deepEqual(
    numbers(),
    numbers().map((_, index) => index + 1),
    'no line twice, none lost',
  );
});

test(`${name}: while the engine is away an end is not known; then it is told once`, async () => {
  await using stage = new ContainerStage(engine);
  const { driven, heard } = await stage.start();
  const { State } = await engine.inspect(driven.handle);
  await engine.away();
  driven.signal('SIGTERM');
  assert.ok(isAlive(State.Pid));
  assert.equal(heard.ends.length, 0);
  process.kill(State.Pid, 'SIGKILL');
  await engine.back();
  const { isOutOfMemory } = await heard.end();
  assert.equal(isOutOfMemory, false);
  assert.equal(heard.ends.length, 1);
});

test(`${name}: the end and the last words of one that ended while the engine was away`, async () => {
  const program = 'trap "echo last; exit 5" TERM; echo first; while :; do sleep 0.05; done';
  await using stage = new ContainerStage(engine, { command: ['sh', '-c', program] });
  const { driven, heard } = await stage.start();
  await eventually(WAIT_MS, 'it has begun', () => heard.lines.length === 1);
  const { State } = await engine.inspect(driven.handle);
  await engine.away();
  process.kill(State.Pid, 'SIGTERM');
  await eventually(WAIT_MS, 'its process is gone', () => !isAlive(State.Pid));
  await engine.back();
  const { reason } = await heard.end();
  assert.equal(reason, 'exit code 5');
  // Docker's daemon reads what containers write: what the last ones wrote without it is lost.
  assert.deepEqual(heard.lines, name === 'docker' ? ['first'] : ['first', 'last']);
});

test(`${name}: a signal that the engine did not hear is sent when it is back`, async () => {
  await using stage = new ContainerStage(engine);
  const { driven, heard } = await stage.start();
  await serves(driven.target, 'web.1');
  await engine.away();
  driven.signal('SIGTERM');
  await engine.back();
  assert.equal((await heard.end()).reason, 'exit code 0');
});

test(`${name}: usage is read, and bounds are changed where the engine can`, async () => {
  await using stage = new ContainerStage(engine, { resources: { cpu: 1, memoryBytes: 64 * MEBIBYTE } });
  const { driven } = await stage.start();
  const usage = await driven.usage();
  assert.ok(usage !== null && usage.cpuSeconds > 0 && usage.memoryBytes > 0, JSON.stringify(usage));
  const refusal = await driven.setResources({ cpu: 0.25, memoryBytes: 32 * MEBIBYTE });
  if (name === 'docker') {
    assert.equal(refusal, null);
    const { HostConfig } = await engine.inspect(driven.handle);
    assert.deepEqual([HostConfig.NanoCpus, HostConfig.Memory], [25e7, 32 * MEBIBYTE]);
    assert.equal(await driven.setResources({ cpu: null, memoryBytes: null }), null);
  } else {
    assert.match(refusal ?? '', /^podman 4\.\d+\.\d+ cannot change the bounds of a container that runs: .* deploy a new version/);
  }
});

test(`${name}: what can never start is told apart from what may later`, async () => {
  const missing = await faultOf({ image: 'localhost/none:1' });
  assert.equal(missing.retry, 'never');
  assert.match(missing.message, /^service "web": there is no image localhost\/none:1, and run\.container\.pull is never/);
  const unreachable = await faultOf({ image: '127.0.0.1:9/none:1', pull: 'missing' });
  assert.equal(unreachable.retry, 'later');
  assert.match(unreachable.message, /image 127\.0\.0\.1:9\/none:1 cannot be fetched now: /);
  const network = await faultOf({ network: 'nowhere' });
  assert.deepEqual([network.retry, /nowhere/.test(network.message)], ['never', true], network.message);
  const engineless = await faultOf({ engine: 'unix:/nowhere/engine.sock' });
  assert.deepEqual(
    [engineless.retry, engineless.message],
    ['later', 'service "web": the container engine at /nowhere/engine.sock cannot be reached: ENOENT'],
  );
});

test(`${name}: a program that its image does not have is named`, async () => {
  await using stage = new ContainerStage(engine, { command: ['/bin/nothing'] });
  // An engine with an init program starts that, which then finds nothing.
  const told = await stage.start().then(
    async ({ heard }) => (await heard.end()).reason,
    (fault: DriverFault) => `${fault.retry}: ${fault.message}`,
  );
  assert.match(told, /^never: .*\/bin\/nothing.*check run\.container\.command$|^exit code 127: there is no such program in its image/s);
});

test(`${name}: after kill -9 of Sluice its containers are found again, and nothing else is`, async () => {
  await using other = new ContainerStage(engine, {}, containerHost('another place'));
  await using stage = new ContainerStage(engine);
  const stranger = await other.start('web.1');
  const wanted = await stage.start('web.1');
  await stage.start('web.2', new Heard(), 'v0');
  const dead = await stage.start('web.3');
  await stage.die();
  await engine.request('POST', `/containers/${dead.driven.handle}/kill?signal=SIGKILL`);

  await using next = new ContainerStage(engine);
  const heard = new Heard();
  const asked: string[] = [];
  const found = await next.driver.adopt(({ id, version }) => {
    asked.push(`${id} ${version}`);
    return version === 'v1' ? heard : null;
  });
  assert.deepEqual(asked.toSorted(), ['web.1 v1', 'web.2 v0']);
  assert.deepEqual(
    found.map(({ id, version, handle, target, startedAtMs }) => ({ id, version, handle, target, startedAtMs })),
    [wanted.driven].map(({ id, version, handle, target, startedAtMs }) => ({ id, version, handle, target, startedAtMs })),
  );
  await eventually(WAIT_MS, 'what nobody wants is removed', async () => (await engine.all()).length === 2);
  const left = (await engine.all()).map(({ Id }) => Id).toSorted();
  assert.deepEqual(left, [wanted.driven.handle, stranger.driven.handle].toSorted());
  found[0]!.signal('SIGTERM');
  assert.equal((await heard.end()).reason, 'exit code 0');
});

test(`${name}: what is left of services that are no more is ended`, async () => {
  await using stage = new ContainerStage(engine);
  await stage.start();
  await stage.die();
  await using next = new ContainerStage(engine, {}, containerHost('a test', ['users']));
  const users = new ContainerDriver(next.host, 'users', containerRun(engine));
  assert.deepEqual(await users.adopt(() => assert.fail('none of its own')), []);
  await eventually(WAIT_MS, 'it is removed', async () => (await engine.all()).length === 0);
});

test(`${name}: a second Sluice of the same place waits`, async () => {
  await using stage = new ContainerStage(engine);
  const { driven } = await stage.start();
  const second = new ContainerStage(engine);
  await assert.rejects(
    second.driver.adopt(() => null),
    /another Sluice of this machine has the containers of a test/,
  );
  await second.die();
  assert.deepEqual(await engine.running(), [driven.handle]);
});
