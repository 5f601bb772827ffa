/** Puts the control plane together: tables, health, limits, workers and the life of a change. Nothing here decides anything. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { BUCKET_COUNT } from '../base/histogram.ts';
import type { ControlSettings } from '../config/compile.ts';
import type { Plan } from '../config/plan.ts';
import { WORKERS_MAX, endpointTable, type EndpointTable } from '../core/balancing/endpoint-table.ts';
import { takeBack } from '../core/balancing/in-flight.ts';
import { Applier } from '../control/apply/applier.ts';
import { DepartureWatch } from '../control/apply/departure-watch.ts';
import { SharedMemories } from '../control/apply/shared-memories.ts';
import { SlotBook } from '../control/apply/slot-book.ts';
import { slotKinds } from '../control/apply/slot-kinds.ts';
import { CacheKeeper } from '../control/caching/cache-keeper.ts';
import { CertificateKeeper } from '../control/certificates/certificate-keeper.ts';
import { HealthMonitor } from '../control/health/health-monitor.ts';
import { KernelListeners } from '../control/layer4/kernel-listeners.ts';
import { LimitsLoop } from '../control/limits/limits-loop.ts';
import type { SayEvent } from '../control/say-event.ts';
import { Supervisor } from '../control/supervisor/supervisor.ts';
import { ExpiryWatch } from '../control/tls/expiry-watch.ts';
import { TicketRotation } from '../control/tls/ticket-rotation.ts';
import { nodeAskAgent } from '../io/agent-check.ts';
import { forgetSessions, listFlows } from '../io/conntrack.ts';
import { claimName } from '../io/name-claim.ts';
import { nameResolver } from '../io/name-resolver.ts';
import { systemNetwork } from '../io/network-state.ts';
import { systemNft } from '../io/nft.ts';
import { nodeProbe } from '../io/node-probe.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { FileState } from '../io/file-state.ts';
import { freePort, hasIpv6, listenFault } from '../io/ports.ts';
import { workerThreads } from '../io/worker-threads.ts';
import { ExemplarBoard } from '../observe/exemplar-board.ts';
import { MetricBoard } from '../observe/metric-board.ts';
import { BUCKETS, ROW_LENGTH } from '../observe/metric-layout.ts';
import type { ConfigSource } from './config-source.ts';
import { FleetPlane } from './fleet-plane.ts';
import type { MemoryMakerOptions } from './memory-maker.ts';
import type { ObservePlane } from './observe-plane.ts';
import { PlanLoader } from './plan-loader.ts';

export interface ControlPlaneOptions {
  readonly source: ConfigSource;
  readonly say: SayEvent;
  /** The files that the configuration names are to be read again. */
  readonly reread: () => void;
  /** What the fleet has is to be applied; resolves when every worker knows. */
  readonly refresh: () => Promise<void>;
  readonly observe: ObservePlane;
  /** A program that the fleet is to run was never there. */
  readonly unstartable: (service: string, reason: string) => void;
}

/** The parts, for those who start, ask and stop them. */
export interface ControlPlane {
  readonly table: EndpointTable;
  readonly board: MetricBoard;
  readonly exemplars: ExemplarBoard;
  readonly supervisor: Supervisor;
  readonly health: HealthMonitor;
  readonly limits: LimitsLoop;
  readonly kernel: KernelListeners;
  readonly applier: Applier;
  readonly departures: DepartureWatch;
  readonly tickets: TicketRotation;
  readonly expiry: ExpiryWatch;
  readonly certificates: CertificateKeeper;
  readonly fleet: FleetPlane;
  readonly caches: CacheKeeper;
  /** What works for the memory that workers share ends; after the workers. */
  closeMemories(): Promise<void>;
  /** Of the configuration that runs. */
  settings(): ControlSettings;
  /** What the plan was made from, besides the configuration. */
  files(): readonly FileState[];
  /** Starts workers while the first configuration is read. */
  prepare(): void;
  /** It, as it was loaded; null before the first. */
  configured(): Plan | null;
  /** The next reload applies this configuration, which ran before. */
  bringBack(plan: Plan): void;
  /** The next reload reads the configuration; without this, only the files that it names. */
  readAll(): void;
}

/** Worker threads unless the configuration says how many. */
const CORES = availableParallelism();
/** Room in the metric board: a reload may raise the workers up to this. */
const WORKERS_ROOM = Math.min(WORKERS_MAX, Math.max(16, CORES));

export function buildControlPlane({ source, say, reread, refresh, observe, unstartable }: ControlPlaneOptions): ControlPlane {
  const runtime = nodeRuntime;
  const table = endpointTable();
  const board = new MetricBoard(WORKERS_ROOM);
  const exemplars = new ExemplarBoard(WORKERS_ROOM);
  const book = new SlotBook(slotKinds(table, board, exemplars));
  const health = new HealthMonitor({
    runtime,
    table,
    probe: nodeProbe,
    askAgent: nodeAskAgent,
    say,
    ejected: (service, endpoint) => board.control.ejected(service, endpoint),
    changed: () => kernel.changed(),
  });
  const kernel: KernelListeners = new KernelListeners({
    runtime,
    table,
    metrics: board.control,
    say,
    nft: systemNft(),
    network: systemNetwork,
    forget: forgetSessions,
    listFlows,
    lookup: nameResolver().lookup,
    claim: claimName,
  });
  const limits = new LimitsLoop({ runtime, table, say, latencyCounts: latencyReader(board) });
  const memories: SharedMemories = new SharedMemories(async (plan) => (await import('./memory-maker.ts')).makeMemory(plan, making));
  const caches = new CacheKeeper(() => memories.caches());
  const making: MemoryMakerOptions = {
    say,
    storeOf: (cache) => memories.caches().find(({ name }) => name === cache)?.store ?? null,
    diskOf: (cache) => memories.caches().find(({ name }) => name === cache)?.disk ?? null,
    purgeHere: (order) => caches.purgeHere(order),
  };
  const tickets = new TicketRotation({ timers: runtime.timers, randomBytes, changed: (secrets) => supervisor.changeTickets(secrets) });
  const expiry = new ExpiryWatch({ runtime, say, reread });
  const supervisor: Supervisor = new Supervisor({
    runtime,
    spawn: workerThreads(new URL('../gateway/worker-entry.ts', import.meta.url)),
    endpoints: table.buffer,
    metrics: board.buffer,
    exemplars: exemplars.buffer,
    memories: () => memories.buffers(),
    tickets: () => tickets.secrets,
    say,
    crashed: (worker) => {
      takeBack(table, worker);
      board.workerRestarted(worker);
      memories.workerGone(worker);
    },
    suspect: (service, endpoint) => health.suspect(service, endpoint),
    parked: (service) => fleet.parked(service),
    accessed: (lines, skipped) => observe.access.accessed(lines, skipped),
    traced: (batches, dropped) => observe.exporter.traced(batches, dropped),
  });
  const loader = new PlanLoader({ source, say, workersMax: WORKERS_ROOM, loaded: (configuration) => fleet.loaded(configuration) });
  const fleet: FleetPlane = new FleetPlane({
    table,
    board,
    health,
    say,
    running: () => applier.running,
    changed: refresh,
    rebalance: (order) => supervisor.rebalance(order),
    unstartable,
  });
  const certificates = new CertificateKeeper({
    runtime,
    say,
    refresh: async () => {
      const result = await applier.refresh();
      return result.ok ? [] : result.faults;
    },
    reread,
  });
  const applier: Applier = new Applier({
    runtime,
    load: () => loader.load(),
    providers: [fleet],
    certificates,
    book,
    followers: [health, limits, expiry],
    workers: {
      apply: async (plan, slots) => {
        // First, because a kernel that cannot is more likely than a worker that cannot.
        const faults = await kernel.apply(plan, slots);
        if (faults.length > 0) return faults;
        await memories.prepare(plan);
        return supervisor.apply(plan, slots);
      },
    },
    mark: (slots, bits, reason) => health.mark(slots, bits, reason),
    say,
    freePort,
    hasIpv6,
    listenFault,
    applied: (configured) => {
      loader.applied(configured);
      departures.wake();
      if (applier.running === null) return;
      certificates.follow(applier.running.plan, loader.current.settings.acme);
      fleet.applied(applier.running, loader.current);
    },
  });
  const departures = new DepartureWatch({ runtime, table, applier, book });
  return {
    table,
    board,
    exemplars,
    supervisor,
    health,
    limits,
    kernel,
    applier,
    departures,
    tickets,
    expiry,
    certificates,
    fleet,
    caches,
    closeMemories: () => memories.close(),
    settings: () => loader.current.settings,
    files: () => loader.current.files,
    prepare: () => supervisor.prepare(Math.min(source.workersExpected, WORKERS_ROOM)),
    configured: () => loader.running,
    bringBack: (plan) => loader.bringBack(plan),
    readAll: () => loader.readAll(),
  };
}

function latencyReader(board: MetricBoard): (slot: number) => Float64Array {
  const row = new Float64Array(ROW_LENGTH);
  const counts = row.subarray(BUCKETS, BUCKETS + BUCKET_COUNT);
  return (slot) => {
    board.row('service', slot, row);
    return counts;
  };
}
