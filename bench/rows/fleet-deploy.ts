/**
 * A rolling deploy of ten instances under load. The client sends on a schedule, whatever comes back, and a latency runs from the scheduled time. Each deploy has a window
 * of its own, as long as a deploy before it took, after a window of the same length in which nothing happened.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FLEET_APP, startFleet, type FleetSubject } from '../fleet-subject.ts';
import { median } from '../measure.ts';
import type { Row, RowContext, RowResult } from './row.ts';

const client = fileURLToPath(new URL('../open-loop.ts', import.meta.url));
const INSTANCES = 10;
const MAX_SURGE = 1;
/** About a fifth of what two cores do that the client, Sluice and the instances share. */
const RATE = 1_500;
const CONNECTIONS = 64;
const RATIO_BOUND = 2;
/** The client connects and warms up before its window begins. */
const WARM_UP_MS = 700;

/** What one run of the client saw. */
interface Window {
  readonly count: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface ClientResult {
  readonly count: number;
  readonly failures: number;
  readonly unanswered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const fleetDeployRow: Row = { id: 'scaling-deploy', isAlone: true, run };

async function run({ rounds, log }: RowContext): Promise<RowResult> {
  const fleet = await startFleet(
    { run: { command: FLEET_APP, ready: '/' }, replicas: INSTANCES, deploy: { strategy: 'rolling', maxSurge: MAX_SURGE } },
    { workers: 2 },
  );
  await fleet.until(`${INSTANCES} instances are ready`, ({ ready }) => ready === INSTANCES);
  await load(fleet, 2);
  // How long one takes under load: it fills the windows.
  const [, firstMs] = await Promise.all([load(fleet, 5), sleep(WARM_UP_MS).then(() => deployMs(fleet, 'warm-up'))]);
  const seconds = Math.max(1, Math.ceil(firstMs / 1_000));
  const steady: Window[] = [];
  const during: Window[] = [];
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    steady.push(await load(fleet, seconds));
    const [window, tookMs] = await Promise.all([load(fleet, seconds), sleep(WARM_UP_MS).then(() => deployMs(fleet, `round-${round}`))]);
    during.push(window);
    times.push(tookMs);
    log(
      `scaling-deploy ${round}/${rounds}: p99 ${steady.at(-1)!.p99Ms.toFixed(1)} -> ${window.p99Ms.toFixed(1)} ms, ${tookMs.toFixed(0)} ms`,
    );
  }
  await fleet.started.stop();
  return result(steady, during, times, seconds);
}

function result(steady: readonly Window[], during: readonly Window[], times: readonly number[], seconds: number): RowResult {
  const figures = (windows: readonly Window[]): number[] => [
    median(windows.map(({ p99Ms }) => p99Ms)),
    median(windows.map(({ p50Ms }) => p50Ms)),
    windows.reduce((sum, { failed }) => sum + failed, 0),
    windows.reduce((sum, { count }) => sum + count, 0),
  ];
  const before = figures(steady);
  const meanwhile = figures(during);
  const ratio = meanwhile[0]! / before[0]!;
  return {
    id: 'scaling-deploy',
    title: `Fleet: rolling deploy of ${INSTANCES} instances under load`,
    columns: ['p99 ms', 'p50 ms', 'failed', 'requests'],
    cells: [
      { subject: 'nothing happens', values: before },
      { subject: 'deploy', values: meanwhile },
    ],
    targets: [
      { text: '0 failed requests', measured: meanwhile[2]!, reached: meanwhile[2] === 0 },
      { text: '0 added errors', measured: meanwhile[2]! - before[2]!, reached: meanwhile[2]! <= before[2]! },
      { text: `p99 <= ${RATIO_BOUND} x of steady state`, measured: ratio, reached: ratio <= RATIO_BOUND },
    ],
    notes: [
      `${RATE} requests/s on ${CONNECTIONS} connections, open loop, about a fifth of what this machine does; maxSurge ${MAX_SURGE}, maxUnavailable 0. ${times.length} deploys of ${median(times).toFixed(0)} ms (median) in windows of ${seconds} s; latencies are medians over them.`,
      'Failed are answers other than 200, cut connections and requests that nobody answered. The client sleeps 1 ms between looks at its schedule, in both windows.',
    ],
  };
}

/** Deploys the same program as another version. @returns How long it took until the old one was gone. */
async function deployMs(fleet: FleetSubject, version: string): Promise<number> {
  const from = performance.now();
  await fleet.deploy(version);
  await fleet.until(`all instances are ${version}`, ({ deploy, instances }) => {
    return deploy === null && instances.length === INSTANCES && instances.every((each) => each.version === version);
  });
  return performance.now() - from;
}

function load({ port }: FleetSubject, seconds: number): Promise<Window> {
  const parameters = [client, port, RATE, seconds, CONNECTIONS, '/', 'sleep'].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), (seconds + 15) * 1_000);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', () => {
      clearTimeout(timer);
      if (output === '') return reject(new Error('the open-loop client gave no result'));
      const { count, failures, unanswered, p50Ms, p99Ms } = JSON.parse(output) as ClientResult;
      resolve({ count, failed: failures + unanswered, p50Ms, p99Ms });
    });
  });
}
