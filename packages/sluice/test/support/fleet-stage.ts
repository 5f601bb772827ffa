/** A fleet over fake runners and manual time, for tests. */
import { setImmediate as turn } from 'node:timers/promises';
import type { FleetPlan, FleetServicePlan, ProcessRunPlan } from '../../src/config/fleet-plan.ts';
import { NO_FLEET } from '../../src/config/fleet-plan.ts';
import type { VersionFigures } from '../../src/core/fleet/rollout.ts';
import type { Decision } from '../../src/core/scaling/decision.ts';
import { timestamp } from '../../src/base/time.ts';
import { Fleet } from '../../src/control/fleet/fleet.ts';
import type { FleetWorld } from '../../src/control/fleet/fleet-world.ts';
import { FakeRunner } from './fake-runner.ts';
import { manualRuntime } from './manual-runtime.ts';

export const RUN: ProcessRunPlan = {
  runner: 'process',
  command: ['serve'],
  cwd: null,
  env: {},
  user: null,
  isSocket: false,
  host: '127.0.0.1',
  resources: { cpu: null, memoryBytes: null },
  logs: { directory: null, fileBytes: 1_000, files: 1, terminal: true },
  ready: { probe: { kind: 'tcp' }, withinMs: 60_000, intervalMs: 2_000, timeoutMs: 1_000 },
  drainTimeoutMs: 30_000,
  stopTimeoutMs: 10_000,
  unreadyTimeoutMs: 30_000,
  restart: { baseMs: 100, maxMs: 30_000, steadyMs: 10_000, crashLoopAt: 3 },
};

const RATE = { stabilizationMs: 0, share: 1, count: 4, periodMs: 15_000 };

/** Service `web`, of so many instances. */
export function servicePlan(initial: number, changes: Partial<FleetServicePlan> = {}): FleetServicePlan {
  return {
    service: 'web',
    run: RUN,
    replicas: {
      min: 0,
      max: 20,
      initial,
      concurrencyMax: 0,
      scale: [],
      behavior: { out: RATE, in: RATE, tolerance: 0.1, cooldownMs: 0, warmUpMs: 0 },
      idleMs: 300_000,
      parking: { requestsMax: 1_000, bytesMax: 1_000_000, waitMs: 30_000 },
      rebalance: null,
      cost: null,
    },
    deploy: {
      strategy: 'rolling',
      maxSurge: { by: 'share', amount: 0.25 },
      maxUnavailable: { by: 'share', amount: 0 },
      steadyMs: 0,
      progressMs: 600_000,
      canary: [],
      guard: null,
      keepOldMs: 60_000,
    },
    ...changes,
  };
}

export function fleetPlan(...services: readonly FleetServicePlan[]): FleetPlan {
  return { ...NO_FLEET, services };
}

/** What the scaling loop would say. */
export function decisionFor(wanted: number): Decision {
  return {
    service: 'web',
    at: timestamp(0),
    counts: { wanted: 0, ready: 0, warm: 0, starting: 0 },
    answers: [],
    winner: null,
    raw: wanted,
    bounds: [],
    wanted,
    action: 'none',
    reason: `${wanted} are enough`,
    victims: [],
  };
}

export function fleetStage(changes: Partial<FleetWorld> = {}) {
  const runtime = manualRuntime();
  const runners: FakeRunner[] = [];
  const said: string[] = [];
  const asked: string[] = [];
  const inflight = new Map<string, number>();
  const figures = new Map<string, VersionFigures>();
  /** The splits that whoever balances was told of. */
  const splits: string[] = [];
  /** Called for each runner that is made, before it is used. */
  const hooks = { made: (_runner: FakeRunner): void => {} };
  const fleet: Fleet = new Fleet({
    runtime,
    say: (_level, what, detail) => void said.push(`${what}: ${String(detail['reason'])}`),
    makeRunner: (plan, world) => {
      const runner = new FakeRunner(plan, world);
      hooks.made(runner);
      runners.push(runner);
      return runner;
    },
    changed: () => {
      const split = JSON.stringify(fleet.traits('web')?.split ?? null);
      if (splits.at(-1) !== split) splits.push(split);
      return Promise.resolve();
    },
    drain: () => Promise.resolve(0),
    inflight: (_service, address) => inflight.get(address) ?? 0,
    parked: () => 0,
    figures: (_service, [address]) => figures.get(address ?? '') ?? null,
    asked: (service) => void asked.push(service),
    decisions: () => [],
    line: () => {},
    unstartable: () => {},
    ...changes,
  });
  /** Moves time, letting promises settle in between. */
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      runtime.advance(Math.min(100, ms - passed));
      await turn();
    }
  };
  return { runtime, fleet, runners, said, asked, inflight, figures, splits, hooks, advance };
}

export type FleetStage = ReturnType<typeof fleetStage>;
