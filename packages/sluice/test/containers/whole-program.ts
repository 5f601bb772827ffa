/** Cases of the whole program over a real engine: the command, a configuration file, requests through the gateway. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { IMAGE, SERVE, type TestEngine } from '../support/container-engine.ts';
import { startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const WAIT_MS = 20_000;

/** A configuration file with two containers. @param isRemembered What versions are is kept in a directory. */
function configuration(t: TestContext, engine: TestEngine, isRemembered: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-containers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const container = { image: IMAGE, port: 8080, command: SERVE, engine: `unix:${engine.socket}`, pull: 'never' };
  const config = {
    listeners: { web: { http: '127.0.0.1:0' } },
    services: {
      web: { run: { container: { ...container, ulimits: { nofile: 20_000, nproc: 4_096 } }, ready: { http: '/' } }, replicas: 2 },
    },
    routes: [{ to: 'web' }],
    admin: '127.0.0.1:0',
    workers: 1,
    ...(isRemembered ? { fleet: { directory: join(folder, 'fleet') } } : {}),
  };
  const file = join(folder, 'sluice.json');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Names of the instances that answered, in order. */
async function answered(url: string): Promise<readonly string[]> {
  const names = new Set<string>();
  const isComplete = async (): Promise<boolean> => {
    const reply = await fetch(url).catch(() => null);
    if (reply?.status === 200) names.add(await reply.text());
    return names.size === 2;
  };
  await eventually(WAIT_MS, `both answer, got ${[...names].join()}`, isComplete);
  return [...names].toSorted();
}

/** Declares them. */
export function wholeProgram(name: string, engine: TestEngine): void {
  // Which engine it is makes no difference to what is not known any more.
  for (const isRemembered of engine.name === 'docker' ? [true, false] : [true]) {
    const what = isRemembered ? 'are found again by the next, with a directory' : 'are ended by the next, without a directory';
    test(`${name}: containers that kill -9 of Sluice leaves ${what}`, async (t) => {
      t.after(() => engine.clear());
      const file = configuration(t, engine, isRemembered);
      const first = await startSluice(t, ['up', '--config', file]);
      assert.deepEqual(await answered(first.url), ['web.1', 'web.2']);
      const before = (await engine.running()).toSorted();
      first.sluice.signal('SIGKILL');
      await first.sluice.ended;
      assert.deepEqual((await engine.running()).toSorted(), before, 'they run on');

      const second = await startSluice(t, ['up', '--config', file]);
      await answered(second.url);
      await eventually(WAIT_MS, 'not doubled', async () => (await engine.all()).length === 2);
      const after = (await engine.running()).filter((id) => before.includes(id));
      assert.equal(after.length, isRemembered ? 2 : 0);
      second.sluice.signal('SIGTERM');
      const { code } = await second.sluice.ended;
      assert.equal(code, 0, second.sluice.output);
      assert.deepEqual(await engine.all(), [], 'its own end leaves none');
    });
  }
}
