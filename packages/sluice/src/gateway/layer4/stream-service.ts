/**
 * A service as layer 4 sees it, in one worker: finds endpoints for connections and sessions under the same rules as for requests (limits, affinity, balancer,
 * retries under a budget), with what there is to go by: the client's address. A connection counts as in flight until it ends.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../../base/time.ts';
import { hashString } from '../../base/hash.ts';
import { type AffinityPolicy, createAffinity } from '../../core/affinity/affinity.ts';
import { NONE } from '../../core/balancing/balancer.ts';
import { DRAINING, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { inflightBound } from '../../core/limiting/admission.ts';
import { backoffMs } from '../../core/limiting/backoff.ts';
import { finishRetry, startRetry } from '../../core/limiting/retry-budget.ts';
import type { AffinityPlan, EndpointPlan, ServicePlan } from '../../config/plan.ts';
import type { ServiceCore } from '../service/service-core.ts';
import { type GateOwner, ServiceGate } from '../service/service-gate.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import { UpstreamTls } from '../upstream/upstream-tls.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Call, CallService } from './call.ts';

/** The endpoint is out of use, and those that had time to finish have had it. */
const OUT = DRAINING | MAINTENANCE;

export class StreamService implements CallService, GateOwner<Call> {
  readonly core: ServiceCore;
  readonly worker: WorkerContext;
  readonly slot: number;
  /** The service's, with bounds as layer 4 counts. */
  plan: ServicePlan;
  /** Begun and not ended. */
  calls = 0;
  private affinity: AffinityPolicy | null = null;
  private endpoints = new Map<number, EndpointPlan>();
  /** Those whose endpoint has left the plan are looked up here. */
  private departed = new Map<number, string>();
  private tls = new Map<number, UpstreamTls>();
  private configured: ServicePlan | null = null;
  private readonly gate: ServiceGate<Call>;
  private seenEpoch = -1;

  constructor(core: ServiceCore) {
    this.core = core;
    this.worker = core.worker;
    this.slot = core.slot;
    this.plan = core.plan;
    this.gate = new ServiceGate<Call>(this.core, this);
    this.configure();
  }

  begin(call: Call, now: Instant): void {
    this.calls++;
    if (this.core.plan !== this.configured) this.configure();
    this.gate.enter(call, now);
  }

  attempt(call: Call, now: Instant): void {
    if (call.isOver) return;
    if (this.core.isConnectionBoundReached()) return this.refuse(call, 'shed');
    const slot = this.find(call, now);
    if (slot === NONE) this.core.lot.receive(call, this, now);
    else this.place(call, slot, now);
  }

  place(call: Call, slot: number, now: Instant): void {
    const endpoint = this.endpoints.get(slot);
    if (endpoint === undefined) return call.refuse('no-endpoint');
    this.core.balancer.start(slot, this.worker.index);
    this.core.connectionOpened();
    call.isCounted = true;
    call.attempts++;
    call.endpoint = slot;
    call.open(endpoint, now);
  }

  // ---- waiting for an instance

  find(call: Call, now: Instant): number {
    if (this.core.plan !== this.configured) this.configure();
    const { balancer } = this.core;
    const { next } = call;
    call.next = NONE;
    if (next !== NONE && balancer.isUsable(next, false)) return next;
    if (this.affinity !== null && call.attempts === 0) {
      const wanted = this.affinity.lookup(call, now, this.worker.clock.wall());
      if (wanted !== NONE && this.endpoints.has(wanted)) return wanted;
    }
    return balancer.pick(this.keyOf(call), call.tried, now);
  }

  admits(call: Call): boolean {
    return !this.core.isConnectionBoundReached() && this.gate.admits(call);
  }

  refuse(call: Call, reason: 'shed' | 'timeout-parked' | 'no-endpoint'): void {
    if (reason !== 'no-endpoint') this.core.countShed(-1);
    call.refuse(reason);
  }

  failed(call: Call, failure: UpstreamFailure, latencyMs: number): void {
    const slot = call.endpoint;
    const now = this.worker.clock.now();
    this.release(call);
    this.core.ledger.record(slot, failure.outcome, latencyMs, 0);
    const tlsFailure = this.tls.get(slot)?.failure ?? '';
    this.core.notices.note({ slot, address: this.addressOf(slot), failure, hasAnswered: false, tlsFailure }, now);
    call.verdict = 'failed';
    call.serviceLatencyMs = latencyMs;
    if (call.isOver) return;
    if (failure.retryOn === null || !this.mayRetry(call, slot, now)) return call.refuse(failure.log);
    this.worker.metrics.attemptEnded(slot, 0, latencyMs, 0, 0);
    this.worker.metrics.retried(-1, this.slot, slot);
    call.tried = [...call.tried, slot];
    this.retry(call);
  }

  exhausted(call: Call): void {
    this.release(call);
    this.refuse(call, 'shed');
  }

  spoiled(call: Call): void {
    call.verdict = 'failed';
    call.serviceLatencyMs = call.connectMs;
    this.core.ledger.record(call.endpoint, FAILURES.reset.outcome, call.connectMs, 0);
  }

  served(call: Call): void {
    call.verdict = 'good';
    call.serviceLatencyMs = call.connectMs;
    this.core.ledger.record(call.endpoint, 'ok', call.connectMs, 0);
    this.core.ledger.conclude(call);
    if (this.affinity === null) return;
    const { clock } = this.worker;
    this.affinity.assigned(call.endpoint, call, clock.now(), clock.wall());
  }

  ended(call: Call): void {
    this.calls--;
    if (call.leaveQueue !== null) call.leaveQueue();
    call.leaveQueue = null;
    if (call.retryTimer !== null) clearTimeout(call.retryTimer);
    call.retryTimer = null;
    this.release(call);
    for (; call.retriesHeld > 0; call.retriesHeld--) finishRetry(this.worker.table, this.slot, this.worker.index);
    if (call.outcome !== 'client-gone') this.core.ledger.conclude(call);
    if (this.core.balancer.learns && call.connectMs >= 0) this.learnBytes(call);
    this.gate.left();
  }

  addressOf(slot: number): string {
    return this.endpoints.get(slot)?.address ?? this.departed.get(slot) ?? '';
  }

  tlsTo(slot: number): UpstreamTls | null {
    return this.tls.get(slot) ?? null;
  }

  /** Each sweep: the queue lets go of what waited too long. @returns Whether something about the endpoints has changed since the last look. */
  expire(now: Instant): boolean {
    if (this.core.plan !== this.configured) this.configure();
    this.gate.expire(now);
    const epoch = Atomics.load(this.worker.table.epoch, this.slot);
    const isChanged = epoch !== this.seenEpoch;
    this.seenEpoch = epoch;
    return isChanged;
  }

  /** Whether calls may stay at this endpoint: it is in the plan, and its drain, if there is one, is not over. */
  isStaying(slot: number): boolean {
    return this.endpoints.has(slot) && (Atomics.load(this.worker.table.state, slot) & OUT) !== OUT;
  }

  /** Whether a UDP session may stay: its endpoint takes those that it has. */
  isUsable(slot: number): boolean {
    return this.endpoints.has(slot) && this.core.balancer.isUsable(slot, true);
  }

  /** Hashing goes by the client's address: there is nothing else. */
  private keyOf(call: Call): number {
    return this.core.balancer.needsKey ? hashString(call.clientAddress) : 0;
  }

  /** Only ever before the first byte: connecting again loses nothing. */
  private mayRetry(call: Call, failed: number, now: Instant): boolean {
    const { retry } = this.core.plan;
    if (!retry.on.includes('connect') || call.attempts >= retry.attempts) return false;
    call.next = this.core.balancer.pick(this.keyOf(call), [...call.tried, failed], now);
    if (call.next === NONE && !this.core.lot.takes(call)) return false;
    if (startRetry(this.worker.table, this.slot, this.core.budget, this.worker.index) !== 'retry') {
      this.worker.metrics.retryDenied(-1, this.slot);
      return false;
    }
    call.retriesHeld++;
    return true;
  }

  private retry(call: Call): void {
    const { backoffBaseMs, backoffMaxMs } = this.core.plan.retry;
    const waitMs = backoffMs(call.attempts, backoffBaseMs, backoffMaxMs, this.worker.random);
    if (waitMs < 1) return this.attempt(call, this.worker.clock.now());
    call.retryTimer = setTimeout(() => {
      call.retryTimer = null;
      this.attempt(call, this.worker.clock.now());
    }, waitMs);
  }

  private release(call: Call): void {
    if (!call.isCounted) return;
    call.isCounted = false;
    this.core.balancer.end(call.endpoint, this.worker.index);
    this.core.connectionClosed();
  }

  /** Least bandwidth wants to know how much went through; the latency was told when it connected. */
  private learnBytes(call: Call): void {
    if (this.core.plan.balance.algorithm !== 'least-bandwidth') return;
    this.core.balancer.observe(call.endpoint, call.connectMs, false, call.bytesIn + call.bytesOut, this.worker.clock.now());
  }

  private configure(): void {
    const { plan, endpointSlots } = this.core;
    const rules = JSON.stringify(plan.affinity);
    const isSameAffinity = this.configured !== null && rules === JSON.stringify(this.configured.affinity);
    if (!isDeepStrictEqual(plan.tls, this.configured?.tls ?? null)) this.tls.clear();
    this.configured = plan;
    for (const [slot, { address }] of this.endpoints) this.departed.set(slot, address);
    this.endpoints = new Map(plan.endpoints.map((endpoint) => [endpointSlots[endpoint.address]!, endpoint]));
    for (const slot of this.endpoints.keys()) this.departed.delete(slot);
    this.configureTls(plan);
    // Each connection is one in flight: the lower of the two bounds holds, and one queue serves both.
    const { limits } = plan;
    this.plan = { ...plan, limits: { ...limits, requestsMax: inflightBound(limits.connectionsMax, limits.requestsMax) } };
    this.gate.queue.update();
    this.seenEpoch = -1;
    if (!isSameAffinity) this.affinity = plan.affinity?.kind === 'ip' ? this.newAffinity(plan.affinity) : null;
  }

  /** Endpoints that stay keep the session that they resume. */
  private configureTls({ tls }: ServicePlan): void {
    const before = this.tls;
    this.tls = new Map();
    if (tls === null) return;
    for (const [slot, { target }] of this.endpoints) this.tls.set(slot, before.get(slot) ?? new UpstreamTls(tls, target));
  }

  private newAffinity(affinity: AffinityPlan): AffinityPolicy {
    return createAffinity({
      affinity,
      service: this.core.plan.name,
      serviceSlot: this.slot,
      table: this.worker.table,
      signer: null,
      endpoints: [],
      isUsable: (slot) => this.core.balancer.isUsable(slot, true),
    });
  }
}
