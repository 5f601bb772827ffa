/** What becomes of requests that wait for an instance when Sluice is told to stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP, startFleet, type FleetSite } from '../support/fleet-site.ts';
import { within } from '../support/waiting.ts';

/** A request that waits, and then SIGTERM. */
async function stopWhileWaiting(site: FleetSite): Promise<{ readonly status: number; readonly tookMs: number }> {
  const reply = fetch(site.url, { headers: { connection: 'close' } });
  await site.until('it waits', ({ parked }) => parked === 1);
  const begun = performance.now();
  site.sluice.signal('SIGTERM');
  const { status } = await reply;
  const { code } = await within(20_000, 'sluice ends', site.sluice.ended);
  assert.equal(code, 0, site.sluice.output);
  return { status, tookMs: performance.now() - begun };
}

test('who waits for the first instance of a sleeping service gets it before the end', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: APP, ready: '/' }, replicas: { min: 0, max: 1, initial: 0 } }, 0);
  const { status } = await stopWhileWaiting(site);
  assert.equal(status, 200, site.sluice.output);
});

test('who waits for a program that keeps ending is refused, and does not hold up the end', { timeout: 60_000 }, async (t) => {
  const run = { command: [process.execPath, '-e', 'process.exit(1)'], ready: '/', restart: { base: '5s', max: '5s' } };
  const site = await startFleet(t, { run, replicas: { min: 0, max: 1, initial: 0 } }, 0);
  const { status, tookMs } = await stopWhileWaiting(site);
  assert.equal(status, 503);
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms of the drain's 30 s`);
});

test('a pause ends with Sluice: who was held back is served', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: { command: APP, ready: '/' }, replicas: 1 }, 1);
  await site.tell('pause', { deadline: '1m' });
  const { status, tookMs } = await stopWhileWaiting(site);
  assert.equal(status, 200);
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
});
