/**
 * Everything one worker runs: its listeners, services and shared tables. A change arrives as a whole plan; what it does not touch keeps its object, and with it
 * its connections.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Instant } from '../base/time.ts';
import type { Random } from '../base/random.ts';
import { type EndpointTable, endpointTable } from '../core/balancing/endpoint-table.ts';
import { SEED_WORDS } from '../core/tracing/trace-ids.ts';
import { Workspace } from '../core/http2/workspace.ts';
import { RequestParser } from '../core/http1/request-parser.ts';
import { isSame } from '../config/diff.ts';
import { type Http1Limits, NO_CHALLENGES, type Plan, type RoutePlan } from '../config/plan.ts';
import type { WorkerSlots } from '../config/plan-message.ts';
import type { FromWorker, TailFilter, TicketSecrets, ToWorker, WorkerStart } from '../config/worker-protocol.ts';
import { collectYoung } from '../io/minor-gc.ts';
import { type LogFile, openLogFile } from '../io/log-file.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { nameResolver } from '../io/name-resolver.ts';
import { type AccessRecord, formatAccess } from '../observe/access-log.ts';
import { ExemplarWriter } from '../observe/exemplar-board.ts';
import { WorkerMetrics } from '../observe/worker-metrics.ts';
import { AccessTail } from './access-tail.ts';
import { Dispatcher } from './dispatcher.ts';
import { Http2Request } from './downstream/http2-request.ts';
import type { Exchange } from './exchange/exchange.ts';
import { HttpListener } from './listeners/http-listener.ts';
import type { ListenerOwner } from './listeners/listener.ts';
import { ListenerSet } from './listeners/listener-set.ts';
import { RouteRuntime } from './exchange/route-runtime.ts';
import { FilterSet } from './filters/filter-set.ts';
import { Service } from './service/service.ts';
import { Sweeper } from './sweeper.ts';
import type * as Tracing from './tracing/trace-recorder.ts';
import { LAST_WORDS_MS, type LongLived, LongLivedSet } from './tunnel/long-lived.ts';

const EMPTY_PLAN: Plan = {
  generation: 0,
  listeners: [],
  services: [],
  routes: [],
  caches: [],
  stores: [],
  memories: [],
  admin: null,
  acmeChallenges: NO_CHALLENGES,
  accessLog: null,
  tracing: null,
  workers: 1,
  drainTimeoutMs: 0,
};

/** Uploads leave garbage that V8 does not see: see `io/minor-gc.ts`. */
const UPLOAD_BYTES_PER_COLLECTION = 3 * 1024 * 1024;

export interface DataPlaneOptions {
  readonly start: WorkerStart;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (message: FromWorker) => void;
  /** Of the ids of traces: `SEED_WORDS` words; random if left out. */
  readonly traceSeed?: Uint32Array;
}

export class DataPlane implements ListenerOwner {
  readonly index: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (message: FromWorker) => void;
  readonly table: EndpointTable;
  readonly metrics: WorkerMetrics;
  readonly sweeper = new Sweeper();
  readonly longLived = new LongLivedSet((ageMs) => this.callsOf(ageMs));
  readonly resolver = nameResolver();
  tickets: TicketSecrets;
  traces: Tracing.TraceRecorder | null = null;
  /** Loaded with the first plan that traces. */
  private tracing: typeof Tracing | null = null;
  private readonly traceSeed: Uint32Array;
  private readonly exemplars: ExemplarWriter | null;
  plan: Plan = EMPTY_PLAN;
  slots: WorkerSlots = { listeners: {}, routes: new Int32Array(), services: {}, endpoints: {} };
  /** Monotonic time as of the last sweep or turn: at most 250 ms old. For deadlines, not for latencies. */
  coarseNow: Instant;
  /** Whether other workers listen on the same ports. */
  sharesPorts = true;
  private readonly listeners = new ListenerSet(this);
  private readonly services = new Map<string, Service>();
  private readonly filters = new FilterSet(this);
  readonly http2: Workspace = new Workspace(Buffer.allocUnsafeSlow);
  private readonly dispatcher: Dispatcher;
  private readonly parsers: RequestParser[] = [];
  private parserCapacity = 100;
  /** Since the last collection. */
  private uploadedBytes = 0;
  viewers: AccessTail | null = null;
  private log: LogFile | null = null;
  private isEnding = false;
  private onEmpty: (() => void) | null = null;

  constructor(options: DataPlaneOptions) {
    this.index = options.start.index;
    this.tickets = options.start.tickets;
    this.traceSeed = options.traceSeed ?? crypto.getRandomValues(new Uint32Array(SEED_WORDS));
    this.clock = options.clock;
    this.random = options.random;
    this.say = options.say;
    this.table = endpointTable(options.start.endpoints);
    this.metrics = new WorkerMetrics(options.start.metrics, options.start.index);
    const { exemplars, index } = options.start;
    this.exemplars = exemplars === null ? null : new ExemplarWriter(exemplars, index);
    this.dispatcher = new Dispatcher(options.clock);
    this.coarseNow = options.clock.now();
  }

  /**
   * Runs this plan from now on. Rejects, and changes nothing that runs, when a new listener cannot be opened, or a filter not be had.
   * @param memories That filters share with other workers, by `memoryKey`.
   */
  async apply(plan: Plan, slots: WorkerSlots, memories: Readonly<Record<string, SharedArrayBuffer>> = {}): Promise<void> {
    // Stages are made for the memory and the stores that they use, too.
    const areStoresSame = isSame(this.plan.memories, plan.memories) && isSame(this.plan.stores, plan.stores);
    if (plan.routes !== this.plan.routes || !areStoresSame) await this.filters.prepare(plan, memories);
    if (plan.tracing !== null) this.tracing ??= await import('./tracing/trace-recorder.ts');
    // Where the system can, even for one worker: a reload may bring more. Two programs on one port are noticed before (`io/ports.ts`).
    this.sharesPorts = plan.workers > 1 || process.platform === 'linux';
    // Who leaves listens no more, but whoever still waits there for an instance must hear of one.
    const opened = this.isEnding ? [] : await this.listeners.open(plan, slots);
    await this.openLog(plan).catch((error: unknown) => {
      for (const listener of opened) listener.close();
      throw error;
    });
    const areRoutesSame = this.plan.routes === plan.routes && isSameRow(this.slots.routes, slots.routes) && areStoresSame;
    if (!areRoutesSame) this.filters.use(plan, memories);
    const before = this.plan;
    this.plan = plan;
    this.slots = slots;
    this.useTracing(before, plan);
    const areServicesSame = this.applyServices(before, plan, slots);
    this.listeners.replace(plan, opened);
    const stale = areRoutesSame && areServicesSame ? opened : this.listeners.values();
    for (const listener of stale) listener.setRoutes();
    for (const listener of opened) listener.serve();
    if (!areRoutesSame || !areServicesSame) this.filters.run(plan, (route, isTls) => this.listenerOf(route, isTls));
  }

  /** A look at everything that can be late; the worker calls it each SWEEP_PERIOD_MS. */
  sweep(): void {
    this.coarseNow = this.clock.now();
    this.longLived.sweep(this.table, this.coarseNow);
    this.sweeper.sweep(this.coarseNow);
    for (const service of this.services.values()) service.expire(this.coarseNow);
    this.traces?.flush();
  }

  /** Stops accepting and finishes. Resolves with the number of exchanges that had to be cut at the deadline. */
  async drain(deadlineMs: number, idleMs: number): Promise<number> {
    this.listeners.drain();
    this.isEnding = true;
    const closingIdle = setTimeout(() => this.listeners.closeIdle(), Math.min(idleMs, deadlineMs));
    await this.whenEmpty(deadlineMs);
    clearTimeout(closingIdle);
    for (const service of this.services.values()) service.lot.close();
    if (this.longLived.leave() > 0) await this.whenEmpty(LAST_WORDS_MS);
    return this.close();
  }

  /** Ends everything. @returns Exchanges cut. */
  close(): number {
    const cut = this.listeners.close();
    this.tail(null);
    this.filters.close();
    for (const service of this.services.values()) service.close();
    this.traces?.flush();
    return cut;
  }

  async closeLog(): Promise<void> {
    await this.log?.close();
    this.log = null;
  }

  /** Ends a share of the long-lived connections to an endpoint, so that their clients come back to another one. */
  rebalance({ endpoint, share, spreadMs }: Extract<ToWorker, { type: 'rebalance' }>): void {
    this.longLived.leaveShare(endpoint, share, spreadMs, this.clock.now(), this.random);
  }

  /** Shows these exchanges from now on; null: none. */
  tail(filter: TailFilter | null): void {
    this.viewers?.close();
    this.viewers = filter === null ? null : new AccessTail(filter, nodeRuntime.timers, this.say);
  }

  async reopenLog(): Promise<void> {
    await this.log?.reopen();
  }

  onListenerEmpty(): void {
    this.listeners.forgetEmpty();
    if (this.isEnding && this.listeners.isEmpty) this.onEmpty?.();
  }

  dispatch(exchange: Exchange): void {
    this.dispatcher.add(exchange);
  }

  later(task: () => void): void {
    this.dispatcher.later(task);
  }

  compileRoute(index: number): RouteRuntime {
    const plan = this.plan.routes[index]!;
    const slot = this.slots.routes[index]!;
    return new RouteRuntime(plan, slot, this.services, plan.filters.length === 0 ? null : this.filters.of(plan, slot));
  }

  service(name: string): Service | undefined {
    return this.services.get(name);
  }

  /** A parser for one head; parsers are few, connections many. */
  takeParser(limits: Http1Limits): RequestParser {
    if (limits.headersMax > this.parserCapacity) {
      this.parserCapacity = limits.headersMax;
      this.parsers.length = 0;
    }
    const parser = this.parsers.pop() ?? new RequestParser({ ...limits, headersMax: this.parserCapacity });
    parser.begin(limits);
    return parser;
  }

  giveParser(parser: RequestParser): void {
    if (parser.fields.capacity >= this.parserCapacity && this.parsers.length < 64) this.parsers.push(parser);
  }

  noteUpload(bytes: number): void {
    this.uploadedBytes += bytes;
    if (this.uploadedBytes < UPLOAD_BYTES_PER_COLLECTION) return;
    this.uploadedBytes = 0;
    collectYoung();
  }

  writeAccess(record: AccessRecord, isLogged: boolean): void {
    const { accessLog } = this.plan;
    if (isLogged && accessLog !== null) this.log?.write(formatAccess(record, accessLog.format, accessLog.query));
    // Without a log nobody has said that query strings, which may carry tokens, are to be shown.
    this.viewers?.offer(record, accessLog?.query ?? false);
  }

  event(level: 'info' | 'warn' | 'error', what: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.say({ type: 'event', level, what, detail: { worker: this.index, ...detail } });
  }

  private listenerOf({ listeners }: RoutePlan, isTls: boolean): HttpListener | null {
    for (const listener of this.listeners.values()) {
      const isMeant = listener instanceof HttpListener && (listeners.length === 0 || listeners.includes(listener.plan.name));
      if (isMeant && (listener.plan.tls !== null) === isTls) return listener;
    }
    return null;
  }

  /** gRPC calls under way that are as old as this. */
  private callsOf(ageMs: number): readonly LongLived[] {
    const since = this.clock.now() - ageMs;
    const calls = this.sweeper.all().map((item) => (item instanceof Http2Request ? item.call : null));
    return calls.filter((call) => call?.isSince(since) === true) as LongLived[];
  }

  /** Exchanges that began without go on without. */
  private useTracing({ tracing: before }: Plan, { tracing }: Plan): void {
    if (isDeepStrictEqual(before, tracing)) return;
    this.traces?.flush();
    const { clock, random, say, exemplars, traceSeed: seed } = this;
    this.traces = tracing === null ? null : new this.tracing!.TraceRecorder({ plan: tracing, clock, random, seed, say, exemplars });
    seed[0] = seed[0]! + 1; // the next recorder's ids are others
  }

  /** @returns Whether every service kept its object. */
  private applyServices(before: Plan, plan: Plan, slots: WorkerSlots): boolean {
    const old = new Map(before.services.map((service) => [service.name, service]));
    let areSame = true;
    const wanted = new Set<string>();
    for (const servicePlan of plan.services) {
      wanted.add(servicePlan.name);
      const running = this.services.get(servicePlan.name);
      const endpointSlots = slots.endpoints[servicePlan.name] ?? {};
      if (running === undefined) {
        areSame = false;
        this.services.set(servicePlan.name, new Service(this, slots.services[servicePlan.name]!, servicePlan, endpointSlots));
      } else if (!isDeepStrictEqual(old.get(servicePlan.name), servicePlan)) running.update(servicePlan, endpointSlots);
    }
    for (const [name, service] of this.services) {
      if (wanted.has(name)) continue;
      areSame = false;
      service.close();
      this.services.delete(name);
    }
    return areSame;
  }

  private async openLog(plan: Plan): Promise<void> {
    if (this.plan.accessLog?.target === plan.accessLog?.target) return;
    const { accessLog } = plan;
    const opened =
      accessLog === null
        ? null
        : await openLogFile({
            target: accessLog.target,
            onError: (error) => this.event('error', 'access log failed', { reason: error.message }),
            onDropped: (lines) => this.metrics.logDropped(lines),
          });
    await this.closeLog();
    this.log = opened;
  }

  private async whenEmpty(deadlineMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    this.onEmpty = resolve;
    this.onListenerEmpty();
    await promise;
    clearTimeout(timer);
  }
}

function isSameRow(left: Int32Array, right: Int32Array): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
