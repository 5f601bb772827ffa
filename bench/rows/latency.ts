/**
 * p99 at half of saturation: each proxy is first saturated by wrk, then gets half of that rate from the open-loop client, whose
 * clock runs from the scheduled time of each request. The backend without a proxy is measured too: that is the client's own floor.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.ts';
import { runWrk } from '../wrk.ts';
import { ratioTarget, type Cell, type Row, type RowContext, type RowResult } from './row.ts';

const client = fileURLToPath(new URL('../open-loop.ts', import.meta.url));
const CONNECTIONS = 64;
/** A p99 on a machine whose cores are all busy swings between rounds by a factor of five: this row takes the median of more. */
const ROUNDS_FACTOR = 2;

interface OpenLoopResult {
  readonly count: number;
  readonly failures: number;
  readonly unanswered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Lane {
  readonly name: string;
  readonly port: number;
  rate: number;
  readonly results: OpenLoopResult[];
}

export const latencyRow: Row = { id: 'latency', run };

async function run(context: RowContext): Promise<RowResult> {
  const subjects = [];
  for (const kind of context.kinds) subjects.push(await kind.start({ origin: context.origin, upstream: 'tcp', workers: 1 }));
  const lanes: Lane[] = subjects.map(({ name, port }) => ({ name, port, rate: 0, results: [] }));
  const saturations = new Map<Lane, number[]>(lanes.map((lane) => [lane, []]));
  for (let round = 0; round <= context.rounds; round++) {
    for (const lane of lanes) {
      const rate = await saturation(lane.port, Math.min(2, context.seconds));
      if (round > 0) saturations.get(lane)?.push(rate); // the first warms up
    }
  }
  for (const lane of lanes) lane.rate = Math.round(median(saturations.get(lane) ?? []) / 2);
  lanes.push({ name: 'no proxy', port: context.origin.port, rate: Math.max(...lanes.map((lane) => lane.rate)), results: [] });
  const rounds = context.rounds * ROUNDS_FACTOR + 1;
  for (let round = 0; round < rounds; round++) {
    for (const lane of lanes) {
      const result = await openLoop(lane.port, lane.rate, context.seconds);
      lane.results.push(result);
      context.log(`latency ${round + 1}/${rounds} ${lane.name} at ${lane.rate}/s: p99 ${result.p99Ms.toFixed(2)} ms`);
    }
  }
  for (const subject of subjects) await subject.started.stop();
  const cells = lanes.map(toCell);
  return {
    id: 'latency',
    title: 'Latency at half of saturation, open loop, 64 connections',
    columns: ['p99 ms', 'p50 ms', 'rate/s', 'failures'],
    cells,
    targets: ratioTarget(cells, 0, 'nginx', 1.5),
    notes: [
      `Each proxy at half of its own saturation; median of ${rounds} rounds. Clocks run from the scheduled time (no coordinated omission).`,
      `p99 of single rounds: ${lanes.map((lane) => `${lane.name} ${spread(lane)}`).join(', ')} ms: client, proxy and backend take turns on the machine's cores.`,
    ],
  };
}

/** Lowest to highest p99. */
function spread(lane: Lane): string {
  const values = lane.results.map((result) => result.p99Ms).toSorted((left, right) => left - right);
  return `${values[0]?.toFixed(1)}–${values.at(-1)?.toFixed(1)}`;
}

function toCell(lane: Lane): Cell {
  const failures = lane.results.reduce((sum, result) => sum + result.failures + result.unanswered, 0);
  const p99 = median(lane.results.map((result) => result.p99Ms));
  return { subject: lane.name, values: [p99, median(lane.results.map((result) => result.p50Ms)), lane.rate, failures] };
}

/** Requests per second that wrk gets out of it. */
async function saturation(port: number, seconds: number): Promise<number> {
  const result = await runWrk({ port, path: '/small', connections: CONNECTIONS, seconds });
  return result.requests / (result.durationMicros / 1e6);
}

function openLoop(port: number, rate: number, seconds: number): Promise<OpenLoopResult> {
  const parameters = [client, port, rate, seconds, CONNECTIONS, '/small'].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), (seconds + 15) * 1000);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', () => {
      clearTimeout(timer);
      if (output === '') reject(new Error(`open-loop client at ${rate}/s on port ${port} gave no result`));
      else resolve(JSON.parse(output) as OpenLoopResult);
    });
  });
}
