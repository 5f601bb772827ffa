/**
 * What 200 instances cost that do nothing: CPU time of Sluice's own process, all its threads, while it probes each of them by HTTP on a fresh connection each 5 s, reads
 * what each uses, and looks each second whether they are as many as are wanted. The programs' own share is not in it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICE, startFleet, type FleetSubject } from '../fleet-subject.ts';
import { ownCpuMicros, threadCpuMicros } from '../proc.ts';
import { temporaryDirectory } from '../processes.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const INSTANCES = 200;
const BOUND_SHARE = 0.02;
const WINDOW_SECONDS = 20;
const QUICK_SECONDS = 3;
/** From the last instance's start until its counters are read as they will be for hours. */
const SETTLE_SECONDS = 5;

export const fleetSuperviseRow: Row = { id: 'scaling-supervise', isAlone: true, run };

async function run({ rounds, log }: RowContext): Promise<RowResult> {
  const seconds = rounds === 1 ? QUICK_SECONDS : WINDOW_SECONDS;
  const services: readonly (readonly [subject: string, service: object])[] = [
    ['no instances', { endpoints: ['127.0.0.1:9'] }],
    [`${INSTANCES} instances`, { run: { command: tinyProgram(), ready: '/' }, replicas: INSTANCES }],
  ];
  const cells: Cell[] = [];
  for (const [subject, service] of services) {
    const fleet = await startFleet(service, { workers: 2 });
    if (cells.length > 0) await fleet.until(`${INSTANCES} instances are ready`, ({ ready }) => ready === INSTANCES);
    await sleep(SETTLE_SECONDS * 1_000);
    const cell = { subject, values: await shares(fleet, seconds) };
    await fleet.started.stop();
    cells.push(cell);
    log(`scaling-supervise ${subject}: ${cell.values[0]?.toFixed(2)} % of one core`);
  }
  const measured = cells[1]?.values[0] ?? Number.NaN;
  const bound = BOUND_SHARE * 100;
  return {
    id: 'scaling-supervise',
    title: `Fleet: supervising ${INSTANCES} idle instances of ${SERVICE}`,
    columns: ['% of one core', 'main thread', 'other threads'],
    cells,
    targets: [{ text: `<= ${bound} % of one core`, measured, reached: measured <= bound }],
    notes: [
      `Over ${seconds} s; two workers. The instances are busybox httpd, probed by HTTP each 5 s on fresh connections; what they use themselves is not counted. Without instances a service has one fixed endpoint, unprobed.`,
    ],
  };
}

/** A web server of a megabyte; as it takes no PORT from its environment, a shell puts it in and becomes it. */
function tinyProgram(): readonly string[] {
  const directory = temporaryDirectory('tiny');
  writeFileSync(join(directory, 'index.html'), 'well\n');
  return ['busybox', 'sh', '-c', `exec busybox httpd -f -p "$HOST:$PORT" -h ${directory}`];
}

/** Percent of a core: all, the main thread, the others. */
async function shares({ started }: FleetSubject, seconds: number): Promise<number[]> {
  const read = (): number[] => [ownCpuMicros(started.pid), threadCpuMicros(started.pid).get(started.pid) ?? 0];
  const [from, before] = [performance.now(), read()];
  await sleep(seconds * 1_000);
  const micros = (performance.now() - from) * 1_000;
  const [all = 0, main = 0] = read().map((now, index) => ((now - before[index]!) / micros) * 100);
  return [all, main, all - main];
}
