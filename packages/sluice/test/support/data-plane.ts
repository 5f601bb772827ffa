/** One worker's data plane in the test's own process, under a clock that moves only when the test moves it. */
import { workerSlots } from '../../src/config/plan-message.ts';
import { checkLinearRegex } from '../../src/io/regex.ts';
import { compile } from '../../src/config/compile.ts';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import type { Plan } from '../../src/config/plan.ts';
import { validate } from '../../src/config/validate.ts';
import { readMaterial } from '../../src/io/plan-material.ts';
import type { FromWorker, SlotMap } from '../../src/config/worker-protocol.ts';
import { seededRandom } from '../../src/base/random.ts';
import { instant, timestamp } from '../../src/base/time.ts';
import { endpointTable, resetEndpoint } from '../../src/core/balancing/endpoint-table.ts';
import { DataPlane } from '../../src/gateway/data-plane.ts';
import { makeMemory } from '../../src/cli/memory-maker.ts';
import { SharedMemories } from '../../src/control/apply/shared-memories.ts';
import { freePort } from '../../src/io/ports.ts';
import { MetricBoard } from '../../src/observe/metric-board.ts';
import { ticketSecrets } from './ticket-secrets.ts';

/** A configuration without the address of the listener `web`. */
export type PlaneConfig = Omit<ConfigInput, 'listeners'> & { readonly listener?: Omit<ConfigInput['listeners'][string], 'http'> };

export interface TestPlane {
  readonly port: number;
  readonly plane: DataPlane;
  readonly board: MetricBoard;
  /** What it told the control plane. */
  readonly said: readonly FromWorker[];
  /** What its filters share with other workers, by `memoryKey`. */
  memories(): Readonly<Record<string, SharedArrayBuffer>>;
  /** Moves time on and looks at everything that can be late. */
  advance(ms: number): void;
  /** Applies another configuration, as a reload does. */
  reload(config: PlaneConfig): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The wall clock's first reading. */
export const WALL_START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** One service `origin` behind one route, never retried. */
export function planeTo(port: number, more: Partial<PlaneConfig> = {}): PlaneConfig {
  return {
    services: { origin: { endpoints: [`127.0.0.1:${port}`], outlier: false, retry: false } },
    routes: [{ path: '/*', to: 'origin' }],
    ...more,
  };
}

/** Starts one on a free port. */
export async function startPlane(config: PlaneConfig): Promise<TestPlane> {
  const board = new MetricBoard(1);
  const table = endpointTable();
  for (let slot = 0; slot < 64; slot++) resetEndpoint(table, slot);
  let nowMs = 1_000;
  const clock = { now: () => instant(nowMs), wall: () => timestamp(WALL_START + nowMs - 1_000) };
  const said: FromWorker[] = [];
  const start = { index: 0, endpoints: table.buffer, metrics: board.buffer, exemplars: null, tickets: ticketSecrets() };
  const plane = new DataPlane({ start, clock, random: seededRandom(7), say: (message) => said.push(message) });
  const port = await freePort('127.0.0.1');
  let generation = 0;
  const memories = new SharedMemories(makeMemory);
  const apply = async (given: PlaneConfig): Promise<void> => {
    const plan = await planOf(given, port, ++generation);
    await memories.prepare(plan);
    await plane.apply(plan, workerSlots(plan, slotsOf(plan)), memories.buffers());
  };
  await apply(config);
  return {
    port,
    plane,
    board,
    said,
    memories: () => memories.buffers(),
    advance(ms) {
      nowMs += ms;
      plane.sweep();
    },
    reload: apply,
    async [Symbol.asyncDispose]() {
      plane.close();
      await plane.closeLog();
      await memories.close();
    },
  };
}

/** With the files that it names; a listener with `tls` is one for https. */
async function planOf({ listener, ...rest }: PlaneConfig, port: number, generation: number): Promise<Plan> {
  const kind = listener?.tls === undefined ? 'http' : 'https';
  const validation = validate({ listeners: { web: { ...listener, [kind]: `127.0.0.1:${port}` } }, workers: 1, ...rest }, checkLinearRegex);
  if (!validation.ok) throw new Error(JSON.stringify(validation.faults));
  const compiled = compile(validation.config, { generation, cores: 1 });
  const { plan, faults } = await readMaterial(compiled, {
    directory: process.cwd(),
    now: timestamp(Date.now()),
    path: null,
    root: null,
    acme: null,
  });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return plan;
}

function slotsOf(plan: Plan): SlotMap {
  const numbered = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name, index) => [name, index]));
  let slot = 0;
  const endpoints = plan.services.map(
    ({ name, endpoints: each }) => [name, Object.fromEntries(each.map(({ address }) => [address, slot++]))] as const,
  );
  return {
    listeners: numbered(plan.listeners.map(({ name }) => name)),
    routes: numbered(plan.routes.map(({ name }) => name)),
    services: numbered(plan.services.map(({ name }) => name)),
    endpoints: Object.fromEntries(endpoints),
  };
}
