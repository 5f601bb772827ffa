/** The runner over a group that a test plays, in time that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { groupService } from '../../../test/support/group-service.ts';
import { manualRuntime, type ManualRuntime } from '../../../test/support/manual-runtime.ts';
import { timestamp } from '../../base/time.ts';
import { GroupRunner } from './group-runner.ts';
import type { GroupFault, GroupMember, GroupWatcher, GroupWrite, InstanceGroup } from './group.ts';
import type { RunnerWorld, Version } from './runner.ts';

const SERVICE = groupService({
  runner: 'kubernetes',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'users',
  serviceName: 'users',
  port: null,
  kubeconfig: null,
  context: null,
});
const VERSION: Version = { name: 'v1', run: SERVICE.run };

test('at most one write per second, and additions that come meanwhile are one', async () => {
  const { group, runner, runtime } = await stage(0);
  for (let count = 0; count < 5; count++) {
    runner.add(VERSION, 1);
    await turn();
  }
  assert.deepEqual(group.writes, ['0→1']);
  runtime.advance(999);
  await turn();
  assert.deepEqual(group.writes, ['0→1']);
  runtime.advance(1);
  await turn();
  assert.deepEqual(group.writes, ['0→1', '1→5']);
  assert.equal(runner.instances().length, 5);
});

test('a platform that changes the number again and again is written to once a second at most', async () => {
  const { group, runner, runtime } = await stage(0);
  for (let second = 0; second < 10; second++) {
    for (let time = 0; time < 10; time++) {
      group.desired = 0;
      group.show();
      runner.add(VERSION, 1);
      await turn();
      runtime.advance(100);
      await turn();
    }
  }
  assert.ok(group.writes.length <= 11, `${group.writes.length} writes in 10 s`);
});

test('an outage is said once, backed off, and what was asked is done once after it', async () => {
  const { group, runner, runtime, said } = await stage(1);
  group.outage = { kind: 'away', message: 'gone fishing' };
  runner.add(VERSION, 2);
  await turn();
  for (let second = 0; second < 120; second++) {
    runtime.advance(1_000);
    await turn();
  }
  assert.ok(group.tries >= 4 && group.tries <= 12, `${group.tries} tries in two minutes`);
  assert.deepEqual(said(), ['engine-away']);
  const waiting = runner.instances().filter(({ handle }) => handle === null);
  assert.deepEqual(
    waiting.map(({ trouble }) => trouble?.kind),
    ['engine-away', 'engine-away'],
  );
  assert.equal(runner.endpoints().length, 1, 'what serves goes on');
  group.outage = null;
  group.show();
  await turn();
  runtime.advance(1_000);
  await turn();
  assert.deepEqual(group.writes, ['1→3']);
  assert.deepEqual(said(), ['engine-away', 'engine-back']);
});

test('a victim that the platform kept is used again', async () => {
  const { group, runner, runtime, said, changes } = await stage(2);
  const [chosen] = runner.instances();
  runner.remove([chosen!.id], 'scale-in');
  await turn();
  await turn();
  assert.deepEqual(group.writes, ['end pod-0']);
  assert.equal(runner.instances()[0]!.phase, 'stopping');
  group.members = group.members.filter(({ name }) => name !== 'pod-1');
  group.show();
  runtime.advance(15_000);
  await turn();
  assert.equal(runner.instances()[0]!.phase, 'ready');
  assert.deepEqual(group.restored, ['pod-0']);
  assert.equal(said().includes('instance-kept'), true);
  assert.deepEqual(changes.at(-1), ['10.0.0.1:80']);
});

test('a victim that the platform is slow to end stays ended', async () => {
  const { group, runner, runtime } = await stage(2);
  runner.remove([runner.instances()[0]!.id], 'scale-in');
  await turn();
  await turn();
  runtime.advance(15_000);
  await turn();
  assert.equal(runner.instances()[0]!.phase, 'stopping');
  assert.deepEqual(group.restored, []);
});

test('the platform is told only after every worker knows that the endpoint is gone', async () => {
  const { group, runner, release } = await stage(2, { holdsChanges: true });
  runner.remove([runner.instances()[0]!.id], 'scale-in');
  await turn();
  assert.equal(runner.endpoints().length, 1);
  assert.deepEqual(group.writes, []);
  release();
  await turn();
  assert.deepEqual(group.writes, ['end pod-0']);
});

test('an instance that is not ready is not drained', async () => {
  const { group, runner, drained } = await stage(2);
  group.members = group.members.map((member) => ({ ...member, phase: 'unready' }));
  group.show();
  runner.remove([runner.instances()[0]!.id], 'scale-in');
  await turn();
  await turn();
  assert.deepEqual(drained, []);
  assert.deepEqual(group.writes, ['end pod-0']);
});

test('one that never gets ready is said so', async () => {
  const { group, runner, runtime } = await stage(0);
  runner.add(VERSION, 1);
  await turn();
  group.members = [{ ...member(0), phase: 'starting' }];
  group.show();
  runtime.advance(SERVICE.run.ready.withinMs + 1_000);
  assert.deepEqual(runner.instances()[0]!.trouble, { kind: 'never-ready', detail: 'pod-0 is not ready after 1 min 1 s' });
});

test('what a rollout has beyond the number is no instance before another one goes', async () => {
  const { group, runner } = await stage(2);
  group.members = [member(0), member(1), member(2)];
  group.show();
  await turn();
  assert.deepEqual(
    runner.instances().map(({ handle }) => handle),
    ['pod-0', 'pod-1'],
  );
  group.members = [{ ...member(0), phase: 'draining' }, member(1), member(2)];
  group.show();
  assert.deepEqual(
    runner.endpoints().map(({ address }) => address),
    ['10.0.0.2:80', '10.0.0.3:80'],
  );
  runner.add(VERSION, 1);
  assert.equal(runner.instances().length, 4, 'with one that goes, and one that is to come');
});

test('those that go because somebody else wanted fewer are not taken from what is left', async () => {
  const { group, runner, runtime } = await stage(4);
  group.desired = 2;
  group.show();
  const ids = runner.instances().map(({ id }) => id);
  runner.remove(ids.slice(0, 2), 'two are wanted');
  await turn();
  assert.equal(runner.instances().filter(({ phase }) => phase === 'ready').length, 4, 'the platform will choose');
  runner.remove(ids.slice(0, 3), 'one is wanted');
  await turn();
  await turn();
  runtime.advance(1_000);
  await turn();
  assert.deepEqual(group.writes, ['end pod-0']);
});

test('what came after it was called off is ended by name', async () => {
  const { group, runner, runtime } = await stage(1);
  runner.add(VERSION, 1);
  await turn();
  const [, place] = runner.instances();
  runner.remove([place!.id], 'called off');
  group.members = [member(0), member(1)];
  group.show();
  runtime.advance(1_000);
  await turn();
  await turn();
  runtime.advance(1_000);
  await turn();
  assert.deepEqual(group.writes, ['1→2', 'end pod-1']);
});

test('with a probe, a member counts from its first answer until three silences', async () => {
  const { group, runner, runtime, changes, answers } = await stage(1, { probes: true });
  assert.deepEqual(runner.endpoints(), [], 'the platform calls it ready, and it does not answer');
  assert.equal(runner.instances()[0]!.phase, 'starting');
  answers.isUp = true;
  runtime.advance(250);
  await turn();
  assert.deepEqual(changes.at(-1), ['10.0.0.1:80']);
  answers.isUp = false;
  for (const left of [1, 1, 0]) {
    runtime.advance(SERVICE.run.ready.intervalMs);
    await turn();
    assert.equal(runner.endpoints().length, left);
  }
  assert.equal(runner.instances()[0]!.phase, 'unready');
  group.members = [];
  group.show();
  assert.equal(runtime.waiting, 0, 'nobody is asked any more');
});

test('the end of Sluice leaves the group as it is', async () => {
  const { group, runner } = await stage(2);
  await runner.stop();
  runner.kill();
  assert.deepEqual(group.writes, []);
  assert.deepEqual(runner.instances(), []);
});

class PlayedGroup implements InstanceGroup {
  readonly kind = 'kubernetes';
  readonly title = 'Deployment shop/users';
  /** `from→to`, `end name`. */
  readonly writes: string[] = [];
  readonly restored: string[] = [];
  desired: number;
  members: GroupMember[];
  /** What every write fails with. */
  outage: GroupFault | null = null;
  tries = 0;
  #watcher: GroupWatcher | null = null;

  constructor(desired: number) {
    this.desired = desired;
    this.members = Array.from({ length: desired }, (_, index) => member(index));
  }

  watch(watcher: GroupWatcher): void {
    this.#watcher = watcher;
    this.show();
  }

  show(): void {
    this.#watcher!.seen({ desired: this.desired, min: 0, max: 100, members: this.members });
  }

  victims(chosen: readonly string[]): { readonly names: readonly string[]; readonly reason: null } {
    return { names: chosen, reason: null };
  }

  async resize(from: number, to: number): Promise<GroupWrite> {
    this.#try();
    this.writes.push(`${from}→${to}`);
    this.desired = to;
    return 'done';
  }

  async end(names: readonly string[], from: number): Promise<GroupWrite> {
    this.#try();
    this.writes.push(`end ${names.join()}`);
    this.desired = from - names.length;
    return 'done';
  }

  async restore(name: string): Promise<void> {
    this.restored.push(name);
  }

  fault(): GroupFault {
    return this.outage!;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #try(): void {
    this.tries++;
    if (this.outage !== null) throw new Error(this.outage.message);
  }
}

function member(index: number): GroupMember {
  return {
    name: `pod-${index}`,
    shortName: String(index),
    version: 'v1',
    startedAt: timestamp(index),
    phase: 'ready',
    address: { kind: 'tcp', host: `10.0.0.${index + 1}`, port: 80 },
    restarts: 0,
    trouble: null,
    cpu: null,
    memoryBytes: null,
  };
}

interface Stage {
  readonly group: PlayedGroup;
  readonly runner: GroupRunner;
  readonly runtime: ManualRuntime;
  readonly said: () => readonly string[];
  /** Addresses at each `changed`. */
  readonly changes: (readonly string[])[];
  readonly drained: string[];
  /** What probes find. */
  readonly answers: { isUp: boolean };
  /** Lets every `changed` resolve that is held. */
  readonly release: () => void;
}

/** With so many members, all ready. */
async function stage(members: number, options: { readonly holdsChanges?: boolean; readonly probes?: boolean } = {}): Promise<Stage> {
  const runtime = manualRuntime();
  const group = new PlayedGroup(members);
  const events: string[] = [];
  const changes: (readonly string[])[] = [];
  const drained: string[] = [];
  const held: (() => void)[] = [];
  const answers = { isUp: false };
  const ready = options.probes === true ? { ...SERVICE.run.ready, probe: { kind: 'tcp' } as const } : SERVICE.run.ready;
  const world: RunnerWorld = {
    runtime,
    service: { ...SERVICE, run: { ...SERVICE.run, ready } },
    say: (_level, what) => void events.push(what),
    changed: () => {
      changes.push(runner.endpoints().map(({ address }) => address));
      return options.holdsChanges === true ? new Promise((resolve) => held.push(resolve)) : Promise.resolve();
    },
    noticed: () => {},
    drain: (address) => {
      drained.push(address);
      return Promise.resolve(0);
    },
    line: () => {},
    unstartable: () => {},
  };
  const runner = new GroupRunner(group, world, async () => answers.isUp);
  await runner.adopt([VERSION]);
  await turn();
  return {
    group,
    runner,
    runtime,
    changes,
    drained,
    answers,
    said: () => events.filter((what) => what !== 'instance-leaving'),
    release: () => {
      for (const resolve of held.splice(0)) resolve();
    },
  };
}
