/**
 * One worker's data plane in the test's own process, from plans instead of a configuration: every number can be set. Its clock is the real one plus what the
 * test adds; rows of the shared tables stay with their names through changes.
 */
import type { LookupFunction } from 'node:net';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { instant, timestamp } from '../../src/base/time.ts';
import type { Plan, RoutePlan, ServicePlan } from '../../src/config/plan.ts';
import type { FromWorker } from '../../src/config/worker-protocol.ts';
import { ENDPOINTS_MAX, type EndpointTable, endpointTable, resetEndpoint, SERVICES_MAX } from '../../src/core/balancing/endpoint-table.ts';
import { DataPlane } from '../../src/gateway/data-plane.ts';
import { freePort } from '../../src/io/ports.ts';
import { MetricBoard } from '../../src/observe/metric-board.ts';
import { listenerPlan, testPlan } from './plans.ts';
import { ticketSecrets } from './ticket-secrets.ts';

export interface ServicePlane {
  readonly port: number;
  readonly plane: DataPlane;
  readonly table: EndpointTable;
  readonly board: MetricBoard;
  readonly said: readonly FromWorker[];
  /** Moves time on and looks at everything that can be late. */
  advance(ms: number): void;
  apply(services: readonly ServicePlan[], routes?: readonly RoutePlan[]): Promise<void>;
  /** Row of a service, of an endpoint. */
  serviceSlot(name: string): number;
  endpointSlot(service: string, address: string): number;
  /** Everything that counts what is in flight and is not 0, by name. Connections count here, too. */
  leftovers(): Record<string, number>;
  /** Upstream connections that the sweeper watches. */
  upstreamConnections(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PlaneOptions {
  readonly plan?: Partial<Plan>;
  readonly random?: Random;
  /** In place of the resolver of names. */
  readonly lookup?: LookupFunction;
}

export function routePlan(name: string, service: string, more: Partial<RoutePlan> = {}): RoutePlan {
  return {
    name,
    listeners: [],
    priority: 0,
    hosts: [],
    path: { kind: 'prefix', path: '' },
    methods: [],
    headers: [],
    cookies: [],
    query: [],
    client: [],
    action: { kind: 'services', targets: [{ service, weight: 1 }] },
    filters: [],
    keepsFilterOrder: false,
    rewrite: null,
    timeouts: { exchangeMs: 0, responseHeaderMs: 5_000 },
    shedPriority: 'normal',
    upgrade: true,
    webSocket: { pingMs: 0 },
    grpcWeb: false,
    ...more,
  };
}

/** Starts one on a free port; without routes everything goes to the first service. */
export async function startServicePlane(
  services: readonly ServicePlan[],
  routes?: readonly RoutePlan[],
  options: PlaneOptions = {},
): Promise<ServicePlane> {
  const table = endpointTable();
  const board = new MetricBoard(1);
  const said: FromWorker[] = [];
  let addedMs = 0;
  const clock = {
    now: () => instant(performance.now() + addedMs),
    wall: () => timestamp(Date.UTC(2026, 0, 2) + performance.now() + addedMs),
  };
  const start = { index: 0, endpoints: table.buffer, metrics: board.buffer, exemplars: null, tickets: ticketSecrets() };
  const plane = new DataPlane({ start, clock, random: options.random ?? seededRandom(7), say: (message) => said.push(message) });
  if (options.lookup !== undefined) Object.assign(plane, { resolver: { lookup: options.lookup } });
  const port = await freePort('127.0.0.1');
  const rows = new Map<string, number>();
  const row = (kind: string, name: string): number => {
    const key = `${kind} ${name}`;
    if (!rows.has(key)) {
      const used = [...rows.keys()].filter((each) => each.startsWith(`${kind} `)).length;
      rows.set(key, used);
      if (kind === 'endpoint') resetEndpoint(table, used);
      // The control plane fills these by and by; here there is enough from the start.
      if (kind === 'service') table.retryTokens[used] = table.hedgeTokens[used] = 1 << 28;
    }
    return rows.get(key)!;
  };
  let generation = 0;
  const apply = async (given: readonly ServicePlan[], givenRoutes: readonly RoutePlan[] = []): Promise<void> => {
    const [first] = given;
    const plan = testPlan(given, {
      generation: ++generation,
      listeners: [listenerPlan('web', port)],
      routes: givenRoutes.length > 0 || first === undefined ? givenRoutes : [routePlan('all', first.name)],
      ...options.plan,
    });
    await plane.apply(plan, {
      listeners: { web: 0 },
      routes: Int32Array.from(plan.routes, ({ name }) => row('route', name)),
      services: Object.fromEntries(given.map(({ name }) => [name, row('service', name)])),
      endpoints: Object.fromEntries(
        given.map(({ name, endpoints }) => [
          name,
          Object.fromEntries(endpoints.map(({ address }) => [address, row('endpoint', `${name} ${address}`)])),
        ]),
      ),
    });
    for (const { name } of given) Atomics.add(table.epoch, row('service', name), 1);
  };
  await apply(services, routes);
  return {
    port,
    plane,
    table,
    board,
    said,
    advance(ms) {
      addedMs += ms;
      plane.sweep();
    },
    apply,
    serviceSlot: (name) => row('service', name),
    endpointSlot: (service, address) => row('endpoint', `${service} ${address}`),
    leftovers: () => leftovers(table),
    upstreamConnections: () => plane.sweeper['items'].filter((item) => 'pool' in item).length,
    async [Symbol.asyncDispose]() {
      plane.close();
      await plane.closeLog();
    },
  };
}

const COUNTS = ['inflight', 'inflightByWorker', 'serviceInflight', 'serviceInflightByWorker', 'serviceConnections'] as const;
const MORE_COUNTS = ['serviceConnectionsByWorker', 'serviceRetries', 'serviceRetriesByWorker'] as const;
const WAITING_COUNTS = [
  'serviceParked',
  'serviceParkedByWorker',
  'serviceParkedBytes',
  'serviceParkedBytesByWorker',
  'serviceQueued',
  'serviceQueuedByWorker',
] as const;

export function leftovers(table: EndpointTable): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of [...COUNTS, ...MORE_COUNTS, ...WAITING_COUNTS]) {
    const width = name.startsWith('service') ? SERVICES_MAX : ENDPOINTS_MAX;
    for (let index = 0; index < width; index++) if (table[name][index] !== 0) found[`${name}[${index}]`] = table[name][index]!;
  }
  return found;
}
