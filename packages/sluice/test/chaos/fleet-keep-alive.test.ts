/**
 * Applications that close idle connections sooner than the gateway does: a request that meets the close must not fail, not even a POST. Waves of POSTs, between which all
 * connections idle for about as long as the application keeps them.
 */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../src/base/random.ts';
import { APP, startFleet } from '../support/fleet-site.ts';

/** Node closes an idle connection a second later than it tells (`keepAliveTimeoutBuffer`); the application of the tests sets that to 0. */
const KEEP_ALIVE_MS = 300;
const WAVE = 40;
const WAVES = 15;
/** Who is not told has to have seen it: one pause in which the application closes everything. What nobody has seen yet can still lose the very first race. */
const SEEN_MS = 3 * KEEP_ALIVE_MS;

for (const [what, hint] of [
  ['that tells for how long', '1'],
  ['that does not tell', '0'],
] as const) {
  test(`POSTs at gaps around the idle timeout of an application ${what}`, { timeout: 60_000 }, async (t) => {
    const run = {
      command: APP,
      ready: { http: '/', interval: '5s' },
      env: { KEEP_ALIVE_MS: String(KEEP_ALIVE_MS), KEEP_ALIVE_HINT: hint },
    };
    const site = await startFleet(t, { run, replicas: 2 }, 2);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const random = seededRandom(1);
    const failures: string[] = [];
    for (let wave = 0; wave < WAVES; wave++) {
      const gapMs = wave === 0 ? SEEN_MS : KEEP_ALIVE_MS - 15 + 30 * random();
      const statuses = await Promise.all(Array.from({ length: WAVE }, () => post(site.url, agent).catch((error: Error) => error.message)));
      for (const status of statuses) if (status !== 200) failures.push(`wave ${wave}: ${status}`);
      await sleep(gapMs);
    }
    assert.deepEqual(failures, []);
  });
}

function post(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const ask = request(url, { method: 'POST', agent, headers: { 'content-length': 5 } }, (reply) => {
      reply.resume();
      reply.on('end', () => resolve(reply.statusCode ?? 0));
      reply.on('error', reject);
    });
    ask.on('error', reject);
    ask.end('hello');
  });
}
