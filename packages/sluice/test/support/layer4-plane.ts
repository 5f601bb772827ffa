/** One worker's data plane with layer 4 listeners, in the test's own process: every number can be set, and time is moved by the test. */
import { seededRandom } from '../../src/base/random.ts';
import { instant, timestamp } from '../../src/base/time.ts';
import type { DatagramListenerPlan, ListenerPlan, Plan, ServicePlan, StreamListenerPlan } from '../../src/config/plan.ts';
import type { FromWorker } from '../../src/config/worker-protocol.ts';
import { type EndpointTable, endpointTable, resetEndpoint } from '../../src/core/balancing/endpoint-table.ts';
import { DataPlane } from '../../src/gateway/data-plane.ts';
import { MetricBoard } from '../../src/observe/metric-board.ts';
import { testPlan } from './plans.ts';
import { ticketSecrets } from './ticket-secrets.ts';
import { leftovers } from './service-plane.ts';

export interface Layer4Plane {
  readonly plane: DataPlane;
  readonly table: EndpointTable;
  readonly board: MetricBoard;
  readonly said: readonly FromWorker[];
  /** Moves time on and looks at everything that can be late. */
  advance(ms: number): void;
  apply(listeners: readonly ListenerPlan[], services: readonly ServicePlan[], more?: Partial<Plan>): Promise<void>;
  serviceSlot(name: string): number;
  listenerSlot(name: string): number;
  endpointSlot(service: string, address: string): number;
  /** Sets the state bits of an endpoint, as the control plane does. */
  setState(service: string, address: string, bits: number): void;
  /** Everything that counts what is in flight and is not 0, by name. */
  leftovers(): Record<string, number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function streamPlan(name: string, port: number, service: string, more: Partial<StreamListenerPlan> = {}): StreamListenerPlan {
  return {
    kind: 'stream',
    name,
    address: { kind: 'tcp', host: '127.0.0.1', port },
    tls: null,
    readsServerName: false,
    proxyProtocol: null,
    targets: [{ serverNames: [], services: [{ service, weight: 1 }] }],
    engine: 'user',
    kernel: null,
    timeouts: { handshakeMs: 10_000, idleMs: 3_600_000, halfClosedMs: 30_000 },
    connectionsMax: 10_000,
    connectionsPerSourceMax: 0,
    ...more,
  };
}

export function datagramPlan(name: string, port: number, service: string, more: Partial<DatagramListenerPlan> = {}): DatagramListenerPlan {
  return {
    kind: 'datagram',
    name,
    address: { kind: 'tcp', host: '127.0.0.1', port },
    targets: [{ serverNames: [], services: [{ service, weight: 1 }] }],
    engine: 'user',
    kernel: null,
    sessionMs: 30_000,
    sessionsMax: 1_000,
    sessionsPerSourceMax: 0,
    answersMax: 0,
    ...more,
  };
}

export async function startLayer4(
  listeners: readonly ListenerPlan[],
  services: readonly ServicePlan[],
  more: Partial<Plan> = {},
): Promise<Layer4Plane> {
  const table = endpointTable();
  const board = new MetricBoard(1);
  const said: FromWorker[] = [];
  let addedMs = 0;
  const clock = {
    now: () => instant(performance.now() + addedMs),
    wall: () => timestamp(Date.UTC(2026, 0, 2) + performance.now() + addedMs),
  };
  const start = { index: 0, endpoints: table.buffer, metrics: board.buffer, exemplars: null, tickets: ticketSecrets() };
  const plane = new DataPlane({ start, clock, random: seededRandom(7), say: (message) => said.push(message) });
  const rows = new Map<string, number>();
  const row = (kind: string, name: string): number => {
    const key = `${kind} ${name}`;
    if (!rows.has(key)) {
      const used = [...rows.keys()].filter((each) => each.startsWith(`${kind} `)).length;
      rows.set(key, used);
      if (kind === 'endpoint') resetEndpoint(table, used);
      if (kind === 'service') table.retryTokens[used] = 1 << 28;
    }
    return rows.get(key)!;
  };
  let generation = 0;
  const apply: Layer4Plane['apply'] = async (givenListeners, given, moreNow = more) => {
    const plan = testPlan(given, { generation: ++generation, listeners: givenListeners, ...moreNow });
    await plane.apply(plan, {
      listeners: Object.fromEntries(givenListeners.map(({ name }) => [name, row('listener', name)])),
      routes: new Int32Array(),
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
  await apply(listeners, services);
  return {
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
    listenerSlot: (name) => row('listener', name),
    endpointSlot: (service, address) => row('endpoint', `${service} ${address}`),
    setState(service, address, bits) {
      Atomics.store(table.state, row('endpoint', `${service} ${address}`), bits);
      Atomics.add(table.epoch, row('service', service), 1);
    },
    leftovers: () => leftovers(table),
    async [Symbol.asyncDispose]() {
      plane.close();
      await plane.closeLog();
    },
  };
}
