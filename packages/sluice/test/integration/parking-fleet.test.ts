/** Parked requests of a real Sluice with two workers: when a worker crashes, and when the program ends. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { APP, startFleet } from '../support/fleet-site.ts';
import { within } from '../support/waiting.ts';

const RUN = { command: APP, ready: { http: '/', interval: '500ms' }, drain: '2s', stop: '1s' };
const CRASH_HOOK = fileURLToPath(new URL('../fixtures/crash-worker.mjs', import.meta.url));
const COUNT = 60;

/** Its status, or how its connection ended. Over a connection of its own. */
function ask(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = get(url, { agent: new Agent() }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode!));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

function askAll(url: string): { readonly settled: (number | string)[]; readonly all: Promise<(number | string)[]> } {
  const settled: (number | string)[] = [];
  const each = async (): Promise<number | string> => {
    const outcome = await ask(url);
    settled.push(outcome);
    return outcome;
  };
  return { settled, all: Promise.all(Array.from({ length: COUNT }, each)) };
}

test(
  'a worker that crashes takes its parked requests along: their clients see it, the counts know it, the others go on',
  { timeout: 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-parked-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const environment = { NODE_OPTIONS: `--import=${CRASH_HOOK}`, CRASH_FILE: join(folder, 'crash') };
    const site = await startFleet(t, { run: { ...RUN, env: { NODE_OPTIONS: '' } }, replicas: 1 }, 1, {}, environment);
    await site.tell('pause', { deadline: '30s' });
    const { settled, all } = askAll(site.url);
    await site.until('all wait', ({ parked }) => parked === COUNT);
    writeFileSync(join(folder, 'crash'), '');
    await site.sluice.line(/ worker-crashed /);
    const { parked } = await site.until('those of one worker are taken back', (status) => status.parked < COUNT);
    assert.ok(parked > 0, 'the other worker has some');
    await site.tell('resume');
    const outcomes = await within(10_000, 'each has an end', all);
    assert.equal(outcomes.filter((outcome) => outcome === 200).length, parked);
    assert.equal(outcomes.filter((outcome) => outcome === 'ECONNRESET').length, COUNT - parked, String(settled));
    await site.until('nobody waits', (status) => status.parked === 0);
    assert.equal(await ask(site.url), 200);
  },
);

test('the end of the program ends a pause: those who wait are answered before it', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 1 }, 1, { drainTimeout: '5s' });
  await site.tell('pause', { deadline: '30s' });
  const { all } = askAll(site.url);
  await site.until('all wait', ({ parked }) => parked === COUNT);
  await site.stop();
  const outcomes = await within(5_000, 'each has an end', all);
  assert.deepEqual(new Set(outcomes), new Set([200]));
});
