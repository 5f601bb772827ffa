/** The contract of runners over real processes, started detached so that the next life can find them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { misbehaving, processGone } from '../../../test/support/process-driver-stage.ts';
import { fleetServicePlan } from '../../../test/support/scaled-service.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { probeReadiness } from '../../io/readiness.ts';
import { LocalRunner } from './local-runner.ts';
import { ProcessHost } from './process-driver-host.ts';
import { ProcessDriver } from './process-driver.ts';
import { runnerContract } from './runner.contract.ts';

runnerContract('process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'contract-'));
  const mark = `CONTRACT=${randomUUID()}`;
  const run = misbehaving('serve', { env: { CONTRACT: mark.slice('CONTRACT='.length) } });
  const service = { ...fleetServicePlan('web'), run };
  let host: ProcessHost | null = null;
  return Promise.resolve({
    service,
    versions: [
      { name: 'v1', run },
      { name: 'v2', run: { ...run, isSocket: true } },
    ],
    runner: (world) => {
      // The life before gives up its directory.
      void host?.[Symbol.asyncDispose]();
      host = new ProcessHost({ directory, isDetached: true, keepAliveMs: 65_000, runtime: nodeRuntime, say: world.say });
      return new LocalRunner({ world, driver: new ProcessDriver(host, 'web'), probe: probeReadiness });
    },
    running: () => Promise.resolve(marked(mark).map(String)),
    kill: ({ handle }) => {
      process.kill(Number(handle), 'SIGKILL');
      return processGone(Number(handle));
    },
    engine: null,
    cannot: { 'engine-away': 'there is no engine between Sluice and its processes' },
    stepMs: 20_000,
    [Symbol.asyncDispose]: async () => {
      for (const pid of marked(mark)) process.kill(pid, 'SIGKILL');
      await Promise.all(marked(mark).map(processGone));
      await host?.[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  });
});

/** Every process of this machine that was given the mark in its environment. */
function marked(mark: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(mark) ? [Number(name)] : [];
    } catch {
      return []; // it has ended in between
    }
  });
}
