/** An instance on a unix socket beside one on TCP: what a small request costs Sluice and the instance. */
import { FLEET_APP, startFleet, type FleetSubject } from '../fleet-subject.ts';
import { median } from '../measure.ts';
import { ownCpuMicros } from '../proc.ts';
import { runWrk } from '../wrk.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const CONNECTIONS = 32;

interface Lane {
  readonly name: string;
  readonly fleet: FleetSubject;
  /** Of its one instance. */
  readonly instance: number;
  readonly rounds: (readonly number[])[];
}

export const fleetSocketRow: Row = { id: 'scaling-socket', isAlone: true, run };

async function run({ rounds, seconds, log }: RowContext): Promise<RowResult> {
  const lanes = [await startLane('TCP', false), await startLane('unix socket (`socket: true`)', true)];
  for (let round = 0; round <= rounds; round++) {
    for (const lane of lanes) {
      const figures = await measure(lane, seconds);
      if (round > 0) lane.rounds.push(figures); // the first warms up
      log(`scaling-socket ${round}/${rounds} ${lane.name}: ${figures.map((each) => each.toFixed(1)).join(' + ')} us per request`);
    }
  }
  for (const { fleet } of lanes) await fleet.started.stop();
  const cells = lanes.map(toCell);
  const [tcp, unix] = cells.map(({ values }) => values[0] ?? Number.NaN);
  return {
    id: 'scaling-socket',
    title: `Fleet: an instance on TCP and on a unix socket, 64 bytes, ${CONNECTIONS} connections`,
    columns: ['CPU us per request', 'of it Sluice', 'of it the instance', 'failures'],
    cells,
    targets: [],
    notes: [`Connections are kept alive on both sides. The socket takes ${(100 * (1 - unix! / tcp!)).toFixed(0)} % less in all.`],
  };
}

async function startLane(name: string, isSocket: boolean): Promise<Lane> {
  const fleet = await startFleet({ run: { command: FLEET_APP, socket: isSocket, ready: '/' }, replicas: 1 }, { workers: 1 });
  const { instances } = await fleet.until('the instance is ready', ({ ready }) => ready === 1);
  return { name, fleet, instance: Number(instances[0]?.handle), rounds: [] };
}

/** CPU microseconds per request of Sluice and of the instance, and failures. */
async function measure({ fleet, instance }: Lane, seconds: number): Promise<readonly number[]> {
  const read = (): number[] => [ownCpuMicros(fleet.started.pid), ownCpuMicros(instance)];
  const before = read();
  const result = await runWrk({ port: fleet.port, path: '/', connections: CONNECTIONS, seconds });
  const used = read().map((now, index) => (now - before[index]!) / Math.max(1, result.requests));
  return [...used, result.socketErrors + result.badStatuses];
}

function toCell({ name, rounds }: Lane): Cell {
  const [sluice = 0, instance = 0] = [0, 1].map((column) => median(rounds.map((figures) => figures[column]!)));
  const failures = rounds.reduce((sum, figures) => sum + figures[2]!, 0);
  return { subject: name, values: [sluice + instance, sluice, instance, failures] };
}
