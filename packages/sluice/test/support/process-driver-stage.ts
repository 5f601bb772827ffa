/** The process driver over this machine, for tests: orders, watches that remember, and everything ended at the end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessRunPlan } from '../../src/config/fleet-plan.ts';
import { ProcessHost, type ProcessHostOptions } from '../../src/control/fleet/process-driver-host.ts';
import { ProcessDriver } from '../../src/control/fleet/process-driver.ts';
import type { DrivenInstance, InstanceEnd, InstanceWatch } from '../../src/control/fleet/runner.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { readProcessStat } from '../../src/io/proc-stat.ts';

export const MISBEHAVING = fileURLToPath(new URL('../fixtures/misbehaving.mjs', import.meta.url));

/** What the fleet plan says of a process, in short. */
export function processRun(command: readonly string[], more: Partial<ProcessRunPlan> = {}): ProcessRunPlan {
  return {
    runner: 'process',
    command,
    cwd: null,
    env: {},
    user: null,
    isSocket: false,
    host: '127.0.0.1',
    resources: { cpu: null, memoryBytes: null },
    logs: { directory: null, fileBytes: 10_485_760, files: 5, terminal: true },
    ready: { probe: { kind: 'http', path: '/' }, withinMs: 10_000, intervalMs: 200, timeoutMs: 1_000 },
    drainTimeoutMs: 1_000,
    stopTimeoutMs: 2_000,
    unreadyTimeoutMs: 30_000,
    restart: { baseMs: 50, maxMs: 1_000, steadyMs: 10_000, crashLoopAt: 3 },
    ...more,
  };
}

/** The program that misbehaves in this way. */
export function misbehaving(way: string, more: Partial<ProcessRunPlan> = {}, argument = ''): ProcessRunPlan {
  return processRun([process.execPath, MISBEHAVING, way, argument], more);
}

export interface WatchedInstance {
  readonly instance: DrivenInstance;
  readonly pid: number;
  readonly ended: Promise<InstanceEnd>;
  readonly lines: string[];
  /** Resolves with the first line of which this is true. */
  line(matches: (text: string) => boolean): Promise<string>;
}

export class DriverStage implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'driver-'));
  readonly said: string[] = [];
  readonly host: ProcessHost;
  readonly driver: ProcessDriver;
  readonly #instances: WatchedInstance[] = [];
  #count = 0;

  constructor(options: Partial<ProcessHostOptions> = {}) {
    const say: ProcessHostOptions['say'] = (_level, what, detail) => this.said.push(`${what} ${detail['reason']}`);
    this.host = new ProcessHost({ directory: null, isDetached: false, keepAliveMs: 65_000, runtime: nodeRuntime, say, ...options });
    this.driver = new ProcessDriver(this.host, 'web');
  }

  async start(run: ProcessRunPlan): Promise<WatchedInstance> {
    const { watch, ...rest } = watching();
    const instance = await this.driver.start({ service: 'web', id: `web.${++this.#count}`, version: 'v1', run }, watch);
    const watched = { instance, pid: Number(instance.handle), ...rest };
    this.#instances.push(watched);
    return watched;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { instance } of this.#instances) instance.signal('SIGKILL');
    await Promise.all(this.#instances.map(({ ended }) => ended));
    await this.host[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function watching(): Pick<WatchedInstance, 'ended' | 'lines' | 'line'> & { readonly watch: InstanceWatch } {
  const { promise: ended, resolve } = Promise.withResolvers<InstanceEnd>();
  const lines: string[] = [];
  const waiters: ((text: string) => void)[] = [];
  const line = (matches: (text: string) => boolean): Promise<string> =>
    new Promise((found) => {
      const seen = lines.find(matches);
      if (seen !== undefined) return found(seen);
      waiters.push((text) => void (matches(text) && found(text)));
    });
  const take = (_stream: string, text: string): void => {
    lines.push(text);
    for (const waiter of waiters) waiter(text);
  };
  return { ended, lines, line, watch: { exited: resolve, line: take } };
}

/** Waits until nothing of this id runs. */
export async function processGone(pid: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    const stat = readProcessStat(pid);
    if (stat === null || stat.state === 'Z') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`process ${pid} still runs`);
}
