import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWN, DRAINING, EJECTED, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { CHECK, HealthWorld, OUTLIER } from '../../../test/support/health-world.ts';
import { servicePlan } from '../../../test/support/plans.ts';

const [A, B, C] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'] as const;

test('each endpoint is probed once per interval, first probes spread, and none twice at a time', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B, C], { health: CHECK })]);
  await world.pass(30);
  assert.deepEqual(
    world.probes.map(({ target }) => target.endpoint),
    [A, B, C],
  );
  await world.pass(10_000);
  assert(world.probes.length >= 32 && world.probes.length <= 34, `3 + 10 × 3, got ${world.probes.length}`);
  assert.equal(new Set(world.probes.slice(0, 3).map(({ at }) => at)).size, 3);
});

test('an endpoint that fails is down after fall probes at the fast interval, up again after rise, each said once', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B], { health: CHECK })]);
  await world.pass(100);
  world.failing.add(B);
  await world.pass(1_000 + 2 * 200 + 50);
  assert.deepEqual(world.bits(2), [0, DOWN]);
  assert.deepEqual(world.said, [`endpoint-down ${B}`]);
  const [health] = world.monitor.status();
  assert.equal(health?.endpoints[1]?.reason, 'probe: status 503');
  world.failing.delete(B);
  await world.pass(1_000 + 200 + 50);
  assert.deepEqual(world.bits(2), [0, 0]);
  assert(world.table.since[1]! > 0, 'slow start');
  assert.deepEqual(world.said, [`endpoint-down ${B}`, `endpoint-up ${B}`]);
});

test('with initial down an endpoint is never used before it has passed', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A], { health: { ...CHECK, initial: 'down', rise: 1 } })]);
  assert.deepEqual(world.bits(1), [DOWN]);
  await world.pass(20);
  assert.deepEqual(world.bits(1), [0]);
  assert.equal(world.table.since[0], 0, 'no ramp for a service that starts');
});

test('a probe that does not answer has failed at its timeout', async () => {
  const world = new HealthWorld();
  world.hanging.add(A);
  world.apply([servicePlan('web', [A, B], { health: { ...CHECK, fall: 1 } })]);
  await world.pass(600);
  assert.deepEqual(world.bits(2), [DOWN, 0]);
  assert.equal(world.monitor.status()[0]?.endpoints[0]?.lastProbe?.detail, 'no answer within 500 ms');
});

test('no more than probesMax run at a time, and all get their turn', async () => {
  const world = new HealthWorld({ probesMax: 3 });
  const addresses = Array.from({ length: 10 }, (_, index) => `10.0.1.${index}:80`);
  for (const address of addresses) world.hanging.add(address);
  world.apply([servicePlan('web', addresses, { health: { ...CHECK, initial: 'down' } })]);
  await world.pass(4 * 500 + 200);
  assert.equal(world.runningMax, 3);
  assert.equal(new Set(world.probes.map(({ target }) => target.endpoint)).size, 10);
});

test('a new plan keeps the state and the schedule of checks that it does not change', async () => {
  const world = new HealthWorld();
  const web = servicePlan('web', [A, B], { health: CHECK });
  world.failing.add(B);
  world.apply([web]);
  await world.pass(900);
  assert.deepEqual(world.bits(2), [0, DOWN]);
  const before = world.probes.length;
  world.apply([structuredClone(web), servicePlan('other', [C], {})]);
  assert.deepEqual(world.bits(3), [0, DOWN, 0]);
  await world.pass(50);
  assert.equal(world.probes.length, before, 'nothing was probed anew');
});

test('a changed check keeps what is known and asks again soon; a removed one takes its claim along', async () => {
  const world = new HealthWorld();
  world.failing.add(B);
  world.apply([servicePlan('web', [A, B], { health: CHECK })]);
  await world.pass(900);
  const before = world.probes.length;
  world.apply([servicePlan('web', [A, B], { health: { ...CHECK, intervalMs: 2_000, port: 8080 } })]);
  await world.pass(30);
  assert.equal(world.probes.length, before + 2);
  assert.deepEqual(world.probes.at(-1)?.target.address, { kind: 'tcp', host: '10.0.0.2', port: 8080 });
  assert.deepEqual(world.bits(2), [0, DOWN]);
  world.apply([servicePlan('web', [A, B])]);
  assert.deepEqual(world.bits(2), [0, 0]);
});

test('blast radius: when all fail the same check at once they stay in use, and degraded and recovered are said once', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B, C], { health: CHECK, panicThreshold: 0 })]);
  await world.pass(500);
  for (const address of [A, B, C]) world.failing.add(address);
  await world.pass(20_000);
  assert.deepEqual(world.bits(3), [0, 0, 0]);
  assert.equal(world.monitor.status()[0]?.isDegraded, true);
  assert.deepEqual(
    world.said.filter((what) => what.startsWith('service')),
    ['service-degraded web'],
  );
  world.failing.clear();
  await world.pass(5_000);
  assert.equal(world.monitor.status()[0]?.isDegraded, false);
  assert.deepEqual(
    world.said.filter((what) => what.startsWith('service')),
    ['service-degraded web', 'service-recovered web'],
  );
});

test('blast radius: those that do not come back with the others are down after a grace', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B, C], { health: CHECK })]);
  await world.pass(500);
  for (const address of [A, B, C]) world.failing.add(address);
  await world.pass(5_000);
  world.failing.delete(A);
  await world.pass(1_300);
  assert.deepEqual(world.bits(3), [0, 0, 0], 'A would get everything');
  await world.pass(3_000);
  assert.deepEqual(world.bits(3), [0, DOWN, DOWN]);
});

test('blast radius: a drained endpoint is none that could take the load', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B, C], { health: CHECK })]);
  await world.pass(500);
  world.failing.add(B).add(C);
  await world.pass(2_000);
  assert.deepEqual(world.bits(3), [0, DOWN, DOWN], 'A is well');
  void world.monitor.drain('web', A, 60_000);
  await world.pass(1_100);
  assert.equal(world.bits(3)[1], 0);
  assert.equal(world.bits(3)[2], 0);
});

test('a suspect endpoint is ejected at once and returns after its time, with its rows of failures forgotten', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B, C], { outlier: OUTLIER })]);
  world.table.consecutiveLocal[1] = 5;
  world.monitor.suspect(0, 1);
  assert.deepEqual(world.bits(3), [0, EJECTED, 0]);
  assert.equal(world.monitor.status()[0]?.endpoints[1]?.state, 'ejected');
  world.runtime.advance(40_000);
  assert.deepEqual(world.bits(3), [0, 0, 0]);
  assert.equal(world.table.consecutiveLocal[1], 0);
  assert.deepEqual(world.said, [`endpoint-ejected ${B}`, `endpoint-returned ${B}`]);
});

test('a sweep ejects by success rate from what the workers counted since the last one', () => {
  const world = new HealthWorld();
  const successRate = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 };
  const addresses = Array.from({ length: 6 }, (_, index) => `10.0.2.${index}:80`);
  world.table.failed[3] = 1_000_000;
  world.apply([servicePlan('web', addresses, { outlier: { ...OUTLIER, successRate } })]);
  for (let slot = 0; slot < 6; slot++) world.table.ended[slot]! += 100;
  world.table.failed[5] = 60;
  world.runtime.advance(10_000);
  assert.deepEqual(world.bits(6), [0, 0, 0, 0, 0, EJECTED]);
});

test('more than the share is spared, and said once', () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B], { outlier: OUTLIER })]);
  for (const slot of [0, 1]) {
    world.table.consecutive5xx[slot] = 9;
    world.monitor.suspect(0, slot);
  }
  world.runtime.advance(20_000);
  assert.deepEqual(world.bits(2), [EJECTED, 0]);
  assert.deepEqual(world.said, [`endpoint-ejected ${A}`, `ejection-spared ${B}`]);
});

test('the last endpoint in use is never ejected', async () => {
  const world = new HealthWorld();
  world.failing.add(A);
  world.apply([servicePlan('web', [A, B, C], { health: CHECK, outlier: OUTLIER })]);
  await world.pass(1_000);
  void world.monitor.drain('web', B, 60_000);
  world.table.consecutive5xx[2] = 5;
  world.monitor.suspect(0, 2);
  assert.deepEqual(world.bits(3), [DOWN, DRAINING, 0]);
});

test('what is spared is said again when it fails anew', () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A], { outlier: OUTLIER })]);
  for (const failed of [5, 0, 5]) {
    world.table.failed[0]! += failed;
    world.table.ended[0]! += 5;
    world.table.consecutive5xx[0] = failed;
    world.runtime.advance(10_000);
  }
  assert.deepEqual(world.said, [`ejection-spared ${A}`, `ejection-spared ${A}`]);
});

test('a passed probe ends an ejection only where that is asked for', async () => {
  for (const returnOnPassedProbe of [false, true]) {
    const world = new HealthWorld({ returnOnPassedProbe });
    world.apply([servicePlan('web', [A, B], { health: CHECK, outlier: OUTLIER })]);
    await world.pass(100);
    world.table.consecutive5xx[0] = 5;
    world.monitor.suspect(0, 0);
    await world.pass(1_000);
    assert.deepEqual(world.bits(2), [returnOnPassedProbe ? 0 : EJECTED, 0]);
  }
});

test('outlier rules that a plan drops give back whom they ejected', () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B], { outlier: OUTLIER })]);
  world.table.consecutive5xx[0] = 5;
  world.monitor.suspect(0, 0);
  world.apply([servicePlan('web', [A, B])]);
  assert.deepEqual(world.bits(2), [0, 0]);
});

test('a drain is done when nothing is in flight, and holds until undrain', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B], { health: CHECK })]);
  world.table.inflight[0] = 3;
  const drained = world.monitor.drain('web', A, 10_000);
  await world.pass(2_000);
  assert.deepEqual(world.bits(2), [DRAINING, 0]);
  world.table.inflight[0] = 0;
  await world.pass(50);
  assert.deepEqual(await drained, { end: 'finished', inflight: 0 });
  await world.pass(2_000);
  assert.deepEqual(world.bits(2), [DRAINING | MAINTENANCE, 0], 'passed probes change nothing');
  assert.equal(world.monitor.undrain('web', A), 'undrained');
  assert.deepEqual(world.bits(2), [0, 0]);
  assert.equal(world.monitor.undrain('web', A), 'not-drained');
});

test('a drain by the operator is said when it begins, ends and is taken back; one by the fleet is told by its instance', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B])]);
  const drained = world.monitor.drain('web', A, 10_000);
  void world.monitor.drain('web', A, 10_000);
  assert.deepEqual(world.said, [`endpoint-draining ${A}`]);
  await world.pass(50);
  await drained;
  assert.deepEqual(world.said, [`endpoint-draining ${A}`, `endpoint-drained ${A}`]);
  world.monitor.undrain('web', A);
  world.monitor.undrain('web', A);
  assert.deepEqual(world.said.slice(2), [`endpoint-undrained ${A}`]);
  void world.monitor.drain('web', B, 10_000, 'fleet');
  await world.pass(50);
  assert.equal(world.said.length, 3);
});

test('a drain ends at its deadline at the latest, with what is left', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A])]);
  world.table.inflight[0] = 2;
  const drained = world.monitor.drain('web', A, 5_000);
  world.runtime.advance(5_000);
  assert.deepEqual(await drained, { end: 'deadline', inflight: 2 });
  assert.deepEqual(world.bits(1), [DRAINING | MAINTENANCE]);
});

test('where sessions may stick, a drain lasts until the deadline', async () => {
  const world = new HealthWorld();
  const affinity = { kind: 'ip', name: '', secrets: [], maxAgeSeconds: null, path: '/', domain: null } as const;
  const cookie = { secure: true, httpOnly: true, sameSite: 'lax', entriesMax: 10, ttlMs: 1_000 } as const;
  world.apply([servicePlan('web', [A], { affinity: { ...affinity, ...cookie } })]);
  let isDone = false;
  const drained = world.monitor.drain('web', A, 5_000).then((end) => {
    isDone = true;
    return end;
  });
  await world.pass(4_900);
  assert.equal(isDone, false);
  assert.deepEqual(world.bits(1), [DRAINING]);
  await world.pass(100);
  assert.deepEqual(await drained, { end: 'finished', inflight: 0 });
});

test('draining what does not exist says what does', async () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A])]);
  const unknown = await world.monitor.drain('web', B, 1_000);
  assert.equal('message' in unknown && unknown.message, `service "web" has no endpoint "${B}"; endpoints: ${A}`);
  const noService = world.monitor.undrain('wbe', A);
  assert(typeof noService === 'object' && noService.message.includes('there is no service "wbe"; services: web'));
});

test('what the plan marks as leaving is drained, apart from what the operator says', () => {
  const world = new HealthWorld();
  world.apply([servicePlan('web', [A, B])]);
  void world.monitor.drain('web', A, 10_000);
  world.monitor.mark({ serviceSlot: 0, slot: 0 }, DRAINING, 'removed from the configuration');
  world.monitor.mark({ serviceSlot: 0, slot: 0 }, 0, '');
  assert.deepEqual(world.bits(2), [DRAINING, 0]);
});

test('an agent reports load after the #, which is no reason for a state', async () => {
  const world = new HealthWorld();
  const plan = servicePlan('web', [A]);
  world.agents.set('10.0.0.1', '50% down # TEXT cpu_utilization=0.4, named_metrics.event_loop_utilization=0.8, named_metrics.jobs=3');
  world.apply([{ ...plan, balance: { ...plan.balance, agent: { port: 9_999, intervalMs: 1_000, timeoutMs: 500 } } }]);
  await world.pass(2_000);
  const { reportedCpu, reportedEventLoop, reportedJobs, reportedStamp } = world.table;
  assert.deepEqual([reportedCpu[0], reportedEventLoop[0], reportedJobs[0]], [0.4, 0.8, 3]);
  assert.ok(reportedStamp[0]! > 0);
  assert.equal(world.monitor.status()[0]?.endpoints[0]?.reason, 'agent: down');
});

test('an agent sets weight and states, keeps them when it falls silent, and that is said once', async () => {
  const world = new HealthWorld();
  const agent = { port: 9_999, intervalMs: 1_000, timeoutMs: 500 };
  const plan = servicePlan('web', [A, B]);
  world.agents.set('10.0.0.1', '75% maxconn:20 drain down # disk full');
  world.apply([{ ...plan, balance: { ...plan.balance, agent } }]);
  await world.pass(1_500);
  assert.equal(world.table.agentWeight[0], 0.75);
  assert.equal(world.table.agentRequestsMax[0], 20);
  assert.deepEqual(world.bits(2), [DRAINING | DOWN, 0]);
  assert.equal(world.monitor.status()[0]?.endpoints[0]?.reason, 'agent: disk full');
  world.agents.set('10.0.0.1', 'ready');
  await world.pass(1_200);
  assert.deepEqual([world.table.agentWeight[0], ...world.bits(2)], [0.75, DOWN, 0]);
  world.agents.delete('10.0.0.1');
  await world.pass(5_000);
  assert.deepEqual([world.table.agentWeight[0], ...world.bits(2)], [0.75, DOWN, 0]);
  assert.deepEqual(
    world.said.filter((what) => what.startsWith('agent-silent')),
    [`agent-silent ${B}`, `agent-silent ${A}`],
  );
  world.apply([plan]);
  assert.deepEqual([world.table.agentWeight[0], ...world.bits(2)], [1, 0, 0], 'no agent any more');
});

test('after its end nothing is left that would run', async () => {
  const world = new HealthWorld();
  world.hanging.add(B);
  const plan = servicePlan('web', [A, B], { health: CHECK, outlier: OUTLIER });
  world.apply([{ ...plan, balance: { ...plan.balance, agent: { port: 1, intervalMs: 100, timeoutMs: 50 } } }]);
  void world.monitor.drain('web', A, 1_000);
  await world.pass(200);
  await world.monitor[Symbol.asyncDispose]();
  await world.pass(10);
  assert.equal(world.runtime.waiting, 0);
});
