/** The contract of runners over the `LocalRunner`, with instances that are HTTP servers of this process. */
import { FakeDriver, FakePlatform } from '../../../test/support/fake-driver.ts';
import { fleetServicePlan } from '../../../test/support/scaled-service.ts';
import { probeReadiness } from '../../io/readiness.ts';
import { LocalRunner } from './local-runner.ts';
import { runnerContract } from './runner.contract.ts';

runnerContract('local', () => {
  const platform = new FakePlatform();
  const plan = fleetServicePlan('web');
  const ready = { probe: { kind: 'http', path: '/healthz' }, withinMs: 5_000, intervalMs: 100, timeoutMs: 1_000 } as const;
  const run = { ...plan.run, ready };
  return Promise.resolve({
    service: { ...plan, run },
    versions: [
      { name: 'v1', run },
      { name: 'v2', run },
    ],
    runner: (world) => new LocalRunner({ world, driver: new FakeDriver(platform), probe: probeReadiness }),
    running: () => Promise.resolve(platform.handles()),
    kill: ({ handle }) => platform.end(String(handle)),
    engine: {
      away: () => Promise.resolve(platform.away()),
      back: () => Promise.resolve(platform.back()),
    },
    cannot: {},
    stepMs: 10_000,
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  });
});
