/** A platform of containers for the runner's contract: a real engine that is cleared before and after each case. */
import type { ContainerRunPlan, FleetServicePlan } from '../../src/config/fleet-plan.ts';
import { ContainerDriver } from '../../src/control/fleet/container-driver.ts';
import { ContainerHost } from '../../src/control/fleet/container-driver-host.ts';
import { LocalRunner } from '../../src/control/fleet/local-runner.ts';
import type { RunnerFixture } from '../../src/control/fleet/runner.contract.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { probeReadiness } from '../../src/io/readiness.ts';
import { IMAGE, SERVE, type TestEngine } from './container-engine.ts';
import { fleetServicePlan } from './scaled-service.ts';

/** A start, an end, the engine's return: the last is the slowest. */
export const STEP_MS = 20_000;

export function containerRun(engine: TestEngine, more: Partial<ContainerRunPlan> = {}): ContainerRunPlan {
  const { ready: _ready, restart, drainTimeoutMs, unreadyTimeoutMs } = fleetServicePlan('web').run;
  return {
    runner: 'container',
    image: IMAGE,
    command: SERVE,
    port: 8080,
    env: {},
    labels: {},
    network: null,
    reach: 'published',
    engine: `unix:${engine.socket}`,
    user: null,
    pull: 'never',
    // Without the right to raise limits, an engine cannot give its usual ones.
    ulimits: { nofile: 20_000, nproc: 4_096 },
    resources: { cpu: null, memoryBytes: null },
    ready: { probe: { kind: 'http', path: '/' }, withinMs: 10_000, intervalMs: 500, timeoutMs: 1_000 },
    restart,
    drainTimeoutMs,
    stopTimeoutMs: 5_000,
    unreadyTimeoutMs,
    ...more,
  };
}

export function containerHost(place = 'a test', services: readonly string[] = ['web']): ContainerHost {
  return new ContainerHost({ place, services: () => services, keepAliveMs: 65_000, runtime: nodeRuntime });
}

export async function containerFixture(engine: TestEngine, more: Partial<ContainerRunPlan> = {}): Promise<RunnerFixture> {
  await engine.clear();
  const run = containerRun(engine, more);
  const service: FleetServicePlan = { ...fleetServicePlan('web'), run };
  let host: ContainerHost | null = null;
  return {
    service,
    versions: [
      { name: 'v1', run },
      { name: 'v2', run },
    ],
    runner: (world) => {
      // Another life: the one before has let go of what it had.
      void host?.[Symbol.asyncDispose]();
      host = containerHost();
      return new LocalRunner({ world, driver: new ContainerDriver(host, 'web', run), probe: probeReadiness });
    },
    running: () => engine.running(),
    kill: async ({ handle }) => void (await engine.request('POST', `/containers/${handle}/kill?signal=SIGKILL`)),
    engine: { away: () => engine.away(), back: () => engine.back() },
    cannot: {},
    stepMs: STEP_MS,
    [Symbol.asyncDispose]: async () => {
      await host?.[Symbol.asyncDispose]();
      await engine.clear();
    },
  };
}
