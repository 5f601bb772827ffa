/** Deploys over real processes, under load of every kind: whoever asks meanwhile is answered, by one version or the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP, startFleet, type FleetSite } from '../support/fleet-site.ts';
import { describeMixed, startMixedLoad, type MixedCounts } from '../support/mixed-load.ts';

const RUN = { command: APP, ready: { http: '/', interval: '500ms' }, drain: '5s', stop: '2s' };

const share = ({ byVersion, total }: MixedCounts, version: string): number => (byVersion.get(version) ?? 0) / total;

/** The deploy is over, and so is whatever drains. */
async function deployed(site: FleetSite, version: string, count: number): Promise<void> {
  const { instances } = await site.settled(count);
  assert.deepEqual([...new Set(instances.map((instance) => instance.version))], [version]);
}

function assertWhole(counts: MixedCounts): void {
  assert.deepEqual(counts.failures, [], describeMixed(counts));
}

test('a rolling deploy of ten instances fails no request', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 10, deploy: { maxSurge: 3 } }, 10);
  const load = startMixedLoad(t, site.url);
  await load.more(200);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await deployed(site, 'v2', 10);
  await load.more(200);
  const counts = await load.stop();
  assertWhole(counts);
  assert.deepEqual([...counts.byVersion.keys()].toSorted(), ['v1', 'v2']);
  assert.equal([...counts.byInstance.keys()].length, 20, 'all twenty were used');
});

test('a canary gets its share, step by step, and then everything', { timeout: 60_000 }, async (t) => {
  const canary = [
    { share: '10%', pause: 'manual' },
    { share: '50%', pause: 'manual' },
  ];
  const site = await startFleet(t, { run: RUN, replicas: 4, deploy: { canary, guard: false } }, 4);
  const load = startMixedLoad(t, site.url);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  for (const [step, expected] of [0.1, 0.5].entries()) {
    await site.until(`step ${step + 1} is in force`, ({ deploy }) => deploy?.share === expected && /held until/.test(deploy.reason));
    const before = { total: load.counts.total, canary: load.counts.byVersion.get('v2') ?? 0 };
    await load.more(800);
    const seen = ((load.counts.byVersion.get('v2') ?? 0) - before.canary) / (load.counts.total - before.total);
    // Four standard deviations of a share over 800 requests.
    const tolerance = 4 * Math.sqrt((expected * (1 - expected)) / 800);
    assert.ok(Math.abs(seen - expected) < tolerance, `the canary of ${expected} had ${seen}`);
    await site.tell('promote');
  }
  await deployed(site, 'v2', 4);
  const counts = await load.stop();
  assertWhole(counts);
});

test(
  'a canary that fails one request in twenty is rolled back, and nobody saw other errors than its own',
  { timeout: 60_000 },
  async (t) => {
    const deploy = { canary: [{ share: '30%', pause: '1m' }] };
    const site = await startFleet(t, { run: RUN, replicas: 3, deploy, retry: { attempts: 1 } }, 3);
    const load = startMixedLoad(t, site.url, { pauseMs: 1 });
    await site.tell('deploy', { env: { FAIL_EVERY: '20' } });
    await site.sluice.line(/ deploy-rolling-back .*v1 to v2/);
    await site.sluice.line(/ deploy-rolled-back /);
    await deployed(site, 'v1', 3);
    const { total } = load.counts;
    const failuresByThen = load.counts.failures.length;
    await load.more(200);
    const counts = await load.stop();
    assert.deepEqual(
      counts.failures.filter((failure) => !failure.startsWith('status 500 of v2')),
      [],
      describeMixed(counts),
    );
    assert.equal(counts.failures.length, failuresByThen, 'nothing fails after the rollback');
    assert.ok(failuresByThen < total * 0.05);
    assert.match((await site.status()).note ?? '', /the deploy of v2 was rolled back to v1: .* % of \d+ requests failed/);
  },
);

test('a canary that is slower is rolled back', { timeout: 60_000 }, async (t) => {
  const deploy = { canary: [{ share: '30%', pause: '1m' }] };
  const site = await startFleet(t, { run: RUN, replicas: 3, deploy }, 3);
  const load = startMixedLoad(t, site.url, { pauseMs: 1 });
  await site.tell('deploy', { env: { SLOW_MS: '80' } });
  await site.sluice.line(/ deploy-rolled-back /);
  await deployed(site, 'v1', 3);
  assertWhole(await load.stop());
  assert.match((await site.status()).note ?? '', /p95|latency/);
});

test('blue-green changes over at once, keeps the old ones, and goes back in a moment', { timeout: 60_000 }, async (t) => {
  const deploy = { strategy: 'blue-green', keepOld: '1m' };
  const site = await startFleet(t, { run: RUN, replicas: 3, deploy }, 3);
  const load = startMixedLoad(t, site.url);
  await load.more(50);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await site.until('the new one has everything', (status) => status.deploy?.phase === 'keeping-old');
  assert.equal((await site.status()).instances.length, 6);
  // Whoever was under way when the change came has been answered after so many.
  await load.more(50);
  const changed = { ...load.counts, byVersion: new Map(load.counts.byVersion) };
  await load.more(200);
  assert.equal(load.counts.byVersion.get('v1'), changed.byVersion.get('v1'), 'the old one gets nothing any more');
  await site.tell('rollback');
  await deployed(site, 'v1', 3);
  await load.more(100);
  await site.tell('deploy', { env: { CHANGE: '2' } });
  await site.until('the new one has everything', (status) => status.deploy?.phase === 'keeping-old');
  await site.tell('promote');
  await deployed(site, 'v3', 3);
  const counts = await load.stop();
  assertWhole(counts);
  assert.ok(share(counts, 'v2') > 0 && share(counts, 'v3') > 0);
});

test('a rollback in the middle of a rolling deploy, and one after it', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 4, deploy: { maxSurge: 1 } }, 4);
  const load = startMixedLoad(t, site.url);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await site.until('half of them are new', ({ deploy }) => (deploy?.ready ?? 0) >= 2);
  await site.tell('rollback');
  await deployed(site, 'v1', 4);
  await site.tell('deploy', { env: { CHANGE: '2' } });
  await deployed(site, 'v3', 4);
  await site.tell('rollback');
  await deployed(site, 'v1', 4);
  assertWhole(await load.stop());
});

test('a configuration with another command is a deploy; a reload in its middle changes its course', { timeout: 60_000 }, async (t) => {
  const service = (step: number): object => ({ run: { ...RUN, command: [...APP, String(step)] }, replicas: 4, deploy: { maxSurge: 1 } });
  const site = await startFleet(t, service(1), 4);
  const load = startMixedLoad(t, site.url);
  await site.write(service(2));
  await site.tell('reload');
  await site.until('the first new one is ready', ({ deploy }) => (deploy?.ready ?? 0) >= 1);
  await site.write({ ...service(3), balance: 'round-robin' });
  await site.tell('reload');
  await site.until('what was configured last', ({ version }) => version === 'v3');
  await deployed(site, 'v3', 4);
  assertWhole(await load.stop());
});

test('a deploy of what cannot run is given up, and costs no request', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 2 }, 2);
  const load = startMixedLoad(t, site.url);
  for (const command of [['no-such-program'], [process.execPath, '--eval', 'process.exit(3)']]) {
    await site.tell('deploy', { command });
    await site.until('it is given up', ({ note, deploy }) => deploy === null && note !== null);
    await deployed(site, 'v1', 2);
    assert.match((await site.status()).note ?? '', /rolled back to v1: .*(no-such-program|exit code 3)/);
  }
  assertWhole(await load.stop());
});
