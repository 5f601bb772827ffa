/** `sluice run` to its first answered request, beside the program alone: started in turns, and asked in the same way. */
import { firstAnswerMs, ownStartMs, startToAnswerMs } from '../first-answer.ts';
import { builtSluice, FLEET_APP, SERVICE, startFleet } from '../fleet-subject.ts';
import { median } from '../measure.ts';
import { freePort, start } from '../processes.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

/** A start is over in a moment, and swings more than a window of seconds. */
const ROUNDS_FACTOR = 2;
const START_BOUND_MS = 400;
const COLD_BOUND_MS = 100;

export const fleetStartRow: Row = { id: 'scaling-start', isAlone: true, run: runStart };
export const fleetColdRow: Row = { id: 'scaling-cold', isAlone: true, run: runCold };

async function runStart({ rounds, log }: RowContext): Promise<RowResult> {
  const lanes = [
    lane('the program alone', ownStartMs),
    lane('sluice run, 2 instances', () => runMs(2)),
    lane('1 instance', () => runMs(1)),
  ];
  builtSluice();
  await inTurns('scaling-start', lanes, rounds * ROUNDS_FACTOR, log);
  const cells = lanes.map(toCell);
  const measured = beyond(cells, 1);
  return {
    id: 'scaling-start',
    title: 'Fleet: from `sluice run` to the first answered request',
    columns: ['ms, median', 'most'],
    cells,
    targets: [{ text: `<= ${START_BOUND_MS} ms beyond the program's own start`, measured, reached: measured <= START_BOUND_MS }],
    notes: [
      'From the start of the process to a whole reply of 200, asked on fresh connections 1 ms apart. Sluice is built, as it is published; the program is node:http and nothing else. The target takes medians.',
    ],
  };
}

async function runCold({ rounds, log }: RowContext): Promise<RowResult> {
  const subject = await startFleet(
    { run: { command: FLEET_APP }, replicas: { min: 0, max: 4, idle: '1s', scale: [{ signal: 'in-flight', target: 20 }] } },
    { workers: 2 },
  );
  const asleepMs = async (): Promise<number> => {
    await subject.until('the service is asleep', ({ instances }) => instances.length === 0);
    return firstAnswerMs(subject.port);
  };
  const lanes = [lane('the program alone', ownStartMs), lane(`${SERVICE}, asleep`, asleepMs)];
  await inTurns('scaling-cold', lanes, rounds * ROUNDS_FACTOR, log);
  await subject.started.stop();
  const cells = lanes.map(toCell);
  const measured = beyond(cells, 1);
  return {
    id: 'scaling-cold',
    title: 'Fleet: a request to a service that sleeps (`min: 0`)',
    columns: ['ms, median', 'most'],
    cells,
    targets: [{ text: `<= ${COLD_BOUND_MS} ms beyond the program's own start`, measured, reached: measured <= COLD_BOUND_MS }],
    notes: ['From the connect of a client to the whole reply; the request waits in the gateway. The target takes medians.'],
  };
}

interface Lane {
  readonly subject: string;
  readonly measure: () => Promise<number>;
  readonly times: number[];
}

function lane(subject: string, measure: () => Promise<number>): Lane {
  return { subject, measure, times: [] };
}

/** The first round warms the page cache. */
async function inTurns(row: string, lanes: readonly Lane[], rounds: number, log: RowContext['log']): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const { subject, measure, times } of lanes) {
      const time = await measure();
      log(`${row} ${round}/${rounds} ${subject}: ${time.toFixed(0)} ms`);
      if (round > 0) times.push(time);
    }
  }
}

async function runMs(instances: number): Promise<number> {
  const port = await freePort();
  const parameters = [
    builtSluice(),
    'run',
    '--port',
    `127.0.0.1:${port}`,
    '--instances',
    String(instances),
    '--admin',
    'off',
    '--',
    ...FLEET_APP,
  ];
  return startToAnswerMs(() => start('run', process.execPath, parameters), port);
}

function toCell({ subject, times }: Lane): Cell {
  return { subject, values: [median(times), Math.max(...times)] };
}

/** What a row's median has on top of the first one's. */
function beyond(cells: readonly Cell[], index: number): number {
  return (cells[index]?.values[0] ?? Number.NaN) - (cells[0]?.values[0] ?? Number.NaN);
}
