/** Long-lived connections after a scale-out, over real workers and instances: a share of the loaded instance's leave, come back elsewhere, and then it is even. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFleet } from '../support/fleet-site.ts';
import { LastingClients } from '../support/lasting-clients.ts';
import { eventually } from '../support/waiting.ts';

const APP = [process.execPath, fileURLToPath(new URL('../fixtures/lasting-app.mjs', import.meta.url))];
const SERVICE = { run: { command: APP, ready: { http: '/', interval: '500ms' }, drain: '1s', stop: '1s' }, balance: 'least-connections' };
const SHARE = 0.2;
const EVERY_MS = 1_000;
const ABOVE = 1.2;

test(
  'after a scale-out a share of the loaded leaves in each step, each politely and once, until it is even',
  { timeout: 90_000 },
  async (t) => {
    const rebalance = { share: SHARE, every: `${EVERY_MS}ms`, above: ABOVE };
    const site = await startFleet(t, { ...SERVICE, replicas: { min: 1, max: 3, rebalance } }, 1);
    const clients = new LastingClients(site.url);
    t.after(() => clients.stop());
    await Promise.all([
      clients.start('socket', 70),
      clients.start('events', 70),
      clients.start('socket-h2', 30),
      clients.start('events-h2', 30),
    ]);
    await sleep(2 * EVERY_MS);
    assert.equal(clients.ends.length, 0, 'nothing happens without a scale-out');
    await site.tell('scale', { instances: 3 });
    await site.until('three are ready', ({ ready }) => ready === 3);
    const bound = (ABOVE * 200) / 3;
    const isEven = (): boolean => clients.count === 200 && Math.max(...clients.byInstance().values()) <= bound;
    await eventually(30_000, 'even', isEven).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify([...clients.byInstance()])}; ${clients.failures.slice(0, 3).join('; ')}`);
    });
    await sleep(3 * EVERY_MS);
    assert.ok(isEven(), `${JSON.stringify([...clients.byInstance()])}`);
    assert.deepEqual(clients.failures, []);
    const { ends } = clients;
    t.diagnostic(
      `${ends.length} left in ${Math.round(ends.at(-1)!.at - ends[0]!.at)} ms; now ${JSON.stringify([...clients.byInstance()])}`,
    );
    for (const { kind, goodbyes, code, text } of ends) {
      assert.equal(goodbyes, 1, kind);
      if (kind.startsWith('socket')) assert.equal(code, 1001, kind);
      else assert.match(text, /^(data: (hello|tick)\n\n)+$/, kind);
    }
    assert.deepEqual(new Set(ends.map(({ kind }) => kind)).size, 4, 'of every kind');
    // What each step took, and no more: who is beyond the bound closes a fifth of its 200 at first, and always less afterwards.
    for (const { at } of ends) {
      const near = ends.filter((end) => end.at >= at && end.at < at + 0.9 * EVERY_MS - 250).length;
      assert.ok(near <= Math.ceil(SHARE * 200) + 2, `${near} at once`);
    }
    assert.ok(ends.length < 200, `${ends.length} ended for 133 that had to move`);
    const before = ends.length;
    await site.tell('scale', { instances: 2 });
    await site.settled(2);
    await eventually(5_000, 'all are back', () => clients.count === 200);
    const gone = ends.slice(before);
    assert.equal(new Set(gone.map(({ instance }) => instance)).size, 1, 'a scale-in ends those of the one that goes, and no others');
    assert.ok(
      gone.every(({ goodbyes }) => goodbyes === 1),
      JSON.stringify(gone),
    );
  },
);

test('without the option nobody is moved', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { ...SERVICE, replicas: { min: 1, max: 3 } }, 1);
  const clients = new LastingClients(site.url);
  t.after(() => clients.stop());
  await Promise.all([clients.start('socket', 20), clients.start('events', 20)]);
  await site.tell('scale', { instances: 3 });
  await site.settled(3);
  await sleep(2_500);
  assert.equal(clients.ends.length, 0);
  assert.equal(clients.byInstance().size, 1);
});
