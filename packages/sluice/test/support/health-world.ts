/** A health monitor over a virtual clock, with probes that answer what the test says. */
import { setImmediate as turn } from 'node:timers/promises';
import { type EndpointTable, endpointTable } from '../../src/core/balancing/endpoint-table.ts';
import type { HealthPlan, OutlierPlan, ServicePlan } from '../../src/config/plan.ts';
import type { SlotMap } from '../../src/config/worker-protocol.ts';
import { HealthMonitor } from '../../src/control/health/health-monitor.ts';
import type { ProbeTarget } from '../../src/io/probe.ts';
import { type ManualRuntime, manualRuntime } from './manual-runtime.ts';

export const CHECK: HealthPlan = {
  check: { kind: 'tcp' },
  port: null,
  intervalMs: 1_000,
  fastIntervalMs: 200,
  timeoutMs: 500,
  jitter: 0,
  rise: 2,
  fall: 3,
  initial: 'up',
};

export const OUTLIER: OutlierPlan = {
  consecutive5xx: 5,
  consecutiveGatewayErrors: 5,
  consecutiveLocalErrors: 5,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedShare: 0.5,
  successRate: null,
  latency: null,
};

/** Slots in the order of the services and their endpoints; the same for all tests that keep that order. */
export function slotsFor(services: readonly ServicePlan[]): SlotMap {
  let next = 0;
  const endpoints = services.map(
    ({ name, endpoints: own }) => [name, Object.fromEntries(own.map(({ address }) => [address, next++]))] as const,
  );
  return {
    listeners: {},
    routes: {},
    services: Object.fromEntries(services.map(({ name }, index) => [name, index])),
    endpoints: Object.fromEntries(endpoints),
  };
}

export class HealthWorld {
  readonly runtime: ManualRuntime = manualRuntime();
  readonly table: EndpointTable = endpointTable();
  /** Addresses whose probe fails, and those whose probe does not answer. */
  readonly failing: Set<string> = new Set();
  readonly hanging: Set<string> = new Set();
  /** By host, what its agent answers. */
  readonly agents: Map<string, string> = new Map();
  readonly probes: { at: number; target: ProbeTarget }[] = [];
  readonly said: string[] = [];
  running = 0;
  runningMax = 0;
  readonly monitor: HealthMonitor;

  constructor(options: { returnOnPassedProbe?: boolean; probesMax?: number } = {}) {
    this.monitor = new HealthMonitor({
      runtime: this.runtime,
      table: this.table,
      probe: (target, _plan, signal) => this.#probe(target, signal),
      askAgent: async (address) => {
        const line = this.agents.get(address.kind === 'tcp' ? address.host : '');
        if (line === undefined) throw new Error('connect ECONNREFUSED');
        return line;
      },
      say: (_level, what, detail) => void this.said.push(`${what} ${detail['endpoint'] ?? detail['service']}`),
      ...options,
    });
  }

  apply(services: readonly ServicePlan[], slots: SlotMap = slotsFor(services)): void {
    this.monitor.apply({ services }, slots);
  }

  /** Moves time on in small steps, letting probes answer in between. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.runtime.advance(Math.min(10, ms - passed));
      await turn();
    }
  }

  /** The state bits of the first endpoints. */
  bits(count: number): number[] {
    return Array.from(this.table.state.subarray(0, count));
  }

  async #probe(target: ProbeTarget, signal: AbortSignal) {
    this.probes.push({ at: this.runtime.clock.now(), target });
    this.running += 1;
    this.runningMax = Math.max(this.runningMax, this.running);
    if (this.hanging.has(target.endpoint)) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    this.running -= 1;
    if (signal.aborted) return { passed: false, detail: (signal.reason as Error).message };
    return this.failing.has(target.endpoint) ? { passed: false, detail: 'status 503' } : { passed: true, detail: '200' };
  }
}
