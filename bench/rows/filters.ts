/**
 * What filters cost by themselves, from their micro-benchmarks, each in a process of its own: a stage that is there and does not match, a rate limit with a million keys, tokens.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../measure.ts';
import type { Cell, Row, RowContext, RowResult, Target } from './row.ts';

const sources = '../../packages/sluice/src';
const EDGE = fileURLToPath(new URL(`${sources}/gateway/filters/edge-filters.bench.ts`, import.meta.url));
const PROOFS = fileURLToPath(new URL(`${sources}/gateway/filters/credentials.bench.ts`, import.meta.url));
const LIMITS = fileURLToPath(new URL(`${sources}/core/rate-limiting/limits.bench.ts`, import.meta.url));
/** Stages that do something with every request: their cost is not that of being idle. */
const ACTIVE = ['custom, no promise, one header', 'custom, async', 'basic, known password', 'apiKey', 'forwardAuth, known answer'];
const IDLE_MAX_MICROS = 0.3;

export const filtersRow: Row = { id: 'filters', isAlone: true, run };

async function run(context: RowContext): Promise<RowResult> {
  const rounds: Map<string, number>[] = [];
  for (let round = 0; round < context.rounds; round++) {
    context.log(`filters ${round + 1}/${context.rounds}`);
    rounds.push(new Map([...(await measured(EDGE)), ...(await measured(PROOFS)), ...(await measured(LIMITS))]));
  }
  const names = [...(rounds[0]?.keys() ?? [])];
  const micros = new Map(names.map((name) => [name, median(rounds.map((figures) => figures.get(name) ?? Number.NaN))]));
  return {
    id: 'filters',
    title: 'Filters: what a stage costs',
    columns: ['µs'],
    cells: names.map((name): Cell => ({ subject: name, values: [micros.get(name)!] })),
    targets: targets(micros),
    notes: [
      'Loops without sockets, each in a process of its own. `known`: seen before. Proofs that look at every request (basic, apiKey, forwardAuth) are never idle.',
    ],
  };
}

function targets(micros: ReadonlyMap<string, number>): Target[] {
  const most = (text: string, measured_: number, bound: number): Target => ({ text, measured: measured_, reached: measured_ <= bound });
  const of = (name: string): number => micros.get(name) ?? Number.NaN;
  const idle = [...micros].filter(([name]) => !ACTIVE.includes(name) && !/ES256|rate|window|concurrency|hash|question|known/.test(name));
  const dearest = idle.toSorted((left, right) => right[1] - left[1])[0];
  return [
    most(`dearest idle stage (${dearest?.[0]}) <= ${IDLE_MAX_MICROS} µs`, dearest?.[1] ?? Number.NaN, IDLE_MAX_MICROS),
    most('rate limit, a million keys <= 1 µs', of('rate (gcra)'), 1),
    most('jwt, known token <= 3 µs', of('jwt, known token'), 3),
    most('jwt, ES256 <= 1.2 x jose alone', of('ES256, new token') / of('ES256, jose alone'), 1.2),
  ];
}

/** Lines `NAME: 12.3 ns` or `12 ns … NAME`, in microseconds. */
async function measured(file: string): Promise<Map<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 180_000 });
  const found = new Map<string, number>();
  for (const line of stdout.split('\n')) {
    const [, name, value, unit] = /^(.+): ([\d.]+) (ns|µs)/.exec(line) ?? [];
    const [, nanos, subject] = /^ *(\d+) ns .*\)  (.+)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(value) / (unit === 'ns' ? 1_000 : 1));
    else if (subject !== undefined) found.set(subject, Number(nanos) / 1_000);
  }
  return found;
}
