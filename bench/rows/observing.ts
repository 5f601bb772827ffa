/**
 * What it costs to be watched: the same gateway with and without traces that are exported, and with and without an access log, in turns. Counters are never off; what they cost is in
 * `observe/worker-metrics.bench.ts`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Figures, measure, medianFigures } from '../measure.ts';
import { startSluice } from '../peers/sluice.ts';
import type { Subject } from '../peers/subject.ts';
import { temporaryDirectory } from '../processes.ts';
import type { Cell, Row, RowContext, RowResult, Target } from './row.ts';
import { inTurns } from './subjects.ts';

const OFF = 'off';
const LOAD = { path: '/small', connections: 64 };
/** Differences of a few per cent need more rounds than ratios to peers. */
const ROUNDS_FACTOR = 3;

interface Variant {
  readonly name: string;
  readonly more: object;
  /** CPU over that of `off`. */
  readonly bound: number;
  readonly text: string;
}

export const observingRow: Row = { id: 'observing', run };

async function run(context: RowContext): Promise<RowResult> {
  const collector = createServer((request, response) => void request.resume().once('end', () => response.end('{}'))).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const variants = variantsOf(url);
  const subjects: Subject[] = [];
  for (const { name, more } of [{ name: OFF, more: {} }, ...variants]) {
    subjects.push({ ...(await startSluice({ origin: context.origin, upstream: 'tcp', workers: 1 }, undefined, more)), name });
  }
  for (const subject of subjects) await measure(subject, { ...LOAD, seconds: 2 }); // warm-up
  const more = { ...context, rounds: context.rounds * ROUNDS_FACTOR };
  const rounds = await inTurns<Figures>(more, 'observing', subjects, (subject, seconds) => measure(subject, { ...LOAD, seconds }));
  for (const subject of subjects) await subject.started.stop();
  collector.close();
  const cells = subjects.map((subject): Cell => {
    const { cpuMicrosPerRequest, requestsPerSecond, p99Ms, failures } = medianFigures(rounds.get(subject) ?? []);
    return { subject: subject.name, values: [cpuMicrosPerRequest, requestsPerSecond, p99Ms, failures] };
  });
  return {
    id: 'observing',
    title: 'Being watched: small GET, 64 connections, one worker',
    columns: ['CPU µs/request', 'requests/s', 'p99 ms', 'failures'],
    cells,
    targets: variants.map((variant) => target(variant, cells)),
    notes: [
      'CPU of all threads of the gateway, those that export included. Medians of three times as many rounds as elsewhere: single rounds differ by more than what is looked for.',
    ],
  };
}

function variantsOf(collector: string): Variant[] {
  const logFile = join(temporaryDirectory('access-log'), 'access.log');
  const otlp = { url: collector, metrics: { every: '5s' } };
  return [
    {
      name: 'metrics and 1 % of traces exported',
      more: { tracing: { sample: '1%' }, otlp },
      bound: 1.03,
      text: 'metrics and 1 % of traces <= 3 % CPU',
    },
    {
      name: 'access log, JSON, to a file',
      more: { accessLog: { format: 'json', target: logFile } },
      bound: 1.08,
      text: 'access log <= 8 % CPU',
    },
  ];
}

function target({ name, bound, text }: Variant, cells: readonly Cell[]): Target {
  const cpuOf = (subject: string): number => cells.find((cell) => cell.subject === subject)?.values[0] ?? Number.NaN;
  const measured = cpuOf(name) / cpuOf(OFF);
  return { text: `${text} (<= ${bound} x ${OFF})`, measured, reached: measured <= bound };
}
