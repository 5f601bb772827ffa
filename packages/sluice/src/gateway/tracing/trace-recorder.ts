/**
 * Traces of one worker: begins one for each exchange and decides at its end whether it is kept. Kept is what the client has sampled, the share that is drawn at the start, what failed, and the slowest of each route
 * ("tail sampling": the decision can look at how it went). Endpoints are told the decision of the start, since there is no other yet: what only the end keeps has no spans of theirs, unless they keep them by themselves.
 * Not there at all when tracing is off.
 */
import type { Random } from '../../base/random.ts';
import type { Clock, Instant } from '../../base/time.ts';
import { RANDOM, SAMPLED } from '../../core/tracing/trace-context.ts';
import { SlowThreshold } from '../../core/tracing/slow-threshold.ts';
import { TraceIds } from '../../core/tracing/trace-ids.ts';
import type { TracingPlan } from '../../config/observe-plan.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';
import type { FromWorker } from '../../config/worker-protocol.ts';
import type { ExemplarWriter } from '../../observe/exemplar-board.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { RequestView } from '../exchange/request-view.ts';
import { ExchangeTrace, type KeptFor } from './exchange-trace.ts';
import { incomingContext, NO_CONTEXT } from './incoming-context.ts';
import { writeSpans } from './exchange-spans.ts';
import { TraceQueue } from './trace-queue.ts';

export interface RecorderOptions {
  readonly plan: TracingPlan;
  readonly clock: Clock;
  /** Draws the share. */
  readonly random: Random;
  /** Of ids: `SEED_WORDS` random words. */
  readonly seed: Uint32Array;
  readonly say: (message: FromWorker) => void;
  /** Null: nobody shows exemplars. */
  readonly exemplars: ExemplarWriter | null;
}

export class TraceRecorder {
  readonly plan: TracingPlan;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly ids: TraceIds;
  private readonly queue: TraceQueue;
  private readonly exemplars: ExemplarWriter | null;
  /** By row of the route. */
  private readonly thresholds: (SlowThreshold | undefined)[] = [];

  constructor({ plan, clock, random, seed, say, exemplars }: RecorderOptions) {
    this.plan = plan;
    this.clock = clock;
    this.random = random;
    this.ids = new TraceIds(seed);
    this.queue = new TraceQueue(say);
    this.exemplars = exemplars;
  }

  /** Begins or continues the trace of a request. */
  begin(view: RequestView, listener: HttpListenerPlan, isTls: boolean): ExchangeTrace {
    const { plan, ids } = this;
    const { parent, traceState, isBaggageFine } = plan.trustParent ? incomingContext(view) : NO_CONTEXT;
    const reason = parent === null ? (this.random() < plan.sample ? 'sample' : null) : (parent.flags & SAMPLED) === 0 ? null : 'parent';
    return new ExchangeTrace({
      ids,
      traceId: parent === null ? ids.traceId() : parent.traceId,
      parentId: parent === null ? '' : parent.parentId,
      traceState,
      flags: (parent === null ? RANDOM : parent.flags & RANDOM) | (reason === null ? 0 : SAMPLED),
      reason,
      passesBaggage: plan.trustParent && isBaggageFine,
      listener,
      isTls,
      host: view.host,
    });
  }

  /**
   * An exchange is over: keeps its trace or forgets it.
   * @param listenerSlot Row of the listener. @param status As the metrics count it: 0 when it was cut.
   */
  finish(listenerSlot: number, exchange: Exchange, trace: ExchangeTrace, status: number, now: Instant): void {
    const isSlow = this.isSlow(exchange, now);
    const reason = trace.reason ?? (this.plan.keepErrors && hasFailed(exchange, status) ? 'error' : isSlow ? 'slow' : null);
    if (reason === null || (this.plan.isExported && !this.write(exchange, trace, reason, now))) return;
    if (this.exemplars !== null && exchange.status >= 200) this.note(this.exemplars, listenerSlot, exchange, trace, now);
  }

  flush(): void {
    this.queue.flush();
  }

  private note(
    exemplars: ExemplarWriter,
    listenerSlot: number,
    exchange: Exchange,
    { traceId, spanId }: ExchangeTrace,
    now: Instant,
  ): void {
    const durationMs = now - exchange.startedAt;
    const wallMs = this.clock.wall();
    exemplars.note('listener', listenerSlot, durationMs, traceId, spanId, wallMs);
    exemplars.note('service', exchange.service?.slot ?? -1, durationMs, traceId, spanId, wallMs);
  }

  /** @returns Whether there was room for it. */
  private write(exchange: Exchange, trace: ExchangeTrace, reason: KeptFor, now: Instant): boolean {
    const json = this.queue.room();
    if (json === null) return false;
    writeSpans({ json, exchange, trace, now, wallMs: this.clock.wall() - now }, reason);
    this.queue.added();
    return true;
  }

  /** Tunnels last as long as they are wanted: they are neither slow nor show what is. */
  private isSlow(exchange: Exchange, now: Instant): boolean {
    const { keepSlowest } = this.plan;
    const slot = exchange.route?.slot ?? -1;
    if (keepSlowest <= 0 || slot < 0 || exchange.status < 200) return false;
    const threshold = (this.thresholds[slot] ??= new SlowThreshold(keepSlowest));
    return threshold.isSlow(now - exchange.startedAt);
  }
}

/** Not where the client has left: that is its own affair. */
function hasFailed(exchange: Exchange, status: number): boolean {
  return status >= 500 || (status === 0 && exchange.outcome !== 'client-gone' && exchange.outcome !== 'client-error');
}
