/**
 * What is noted of an exchange while it is under way, where traces are on: its ids and a few numbers, so that spans can be made of it at its end, when it is known whether it is worth keeping. One small
 * object per exchange and one per attempt; nothing else is built for those that are not kept.
 */
import type { Instant } from '../../base/time.ts';
import { formatTraceParent } from '../../core/tracing/trace-context.ts';
import type { TraceIds } from '../../core/tracing/trace-ids.ts';
import type { FilterKind } from '../../core/filters/filter-kinds.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';

/** Attempts and waits of filters that are noted of one exchange. Retries are bounded far below. */
const NOTED_MAX = 32;

/** One sending to an endpoint. Times are -1 while they are not known. */
export class AttemptTrace {
  readonly spanId: string;
  /** Row of the endpoint. */
  readonly slot: number;
  /** From here it was its endpoint's, or waited for a connection to it. */
  readonly startedAt: Instant;
  readonly isHedge: boolean;
  /** -1: over a kept connection. */
  connectMs = -1;
  firstByteAt = -1;
  endedAt = -1;
  /** 0: no reply. */
  status = 0;
  /** In the words of the access log; empty: none. */
  failure = '';
  /** Its end was not awaited: another copy had won, or the client has gone. */
  isLeft = false;

  constructor(spanId: string, slot: number, startedAt: Instant, isHedge: boolean) {
    this.spanId = spanId;
    this.slot = slot;
    this.startedAt = startedAt;
    this.isHedge = isHedge;
  }
}

/** A filter that had the request wait. */
export class StageTrace {
  readonly kind: FilterKind;
  readonly startedAt: Instant;
  /** -1 while it waits. */
  endedAt = -1;

  constructor(kind: FilterKind, startedAt: Instant) {
    this.kind = kind;
    this.startedAt = startedAt;
  }
}

/** Why a trace is kept. */
export type KeptFor = 'parent' | 'sample' | 'error' | 'slow';

const NO_ATTEMPTS: readonly AttemptTrace[] = [];
const NO_STAGES: readonly StageTrace[] = [];

export interface TraceInit {
  readonly ids: TraceIds;
  readonly traceId: string;
  /** Span of the client; empty: the trace begins here. */
  readonly parentId: string;
  readonly traceState: string;
  /** As they go upstream. */
  readonly flags: number;
  /** Kept whatever comes of it, and why; null: that shows at the end. */
  readonly reason: 'parent' | 'sample' | null;
  /** Whether the client's `baggage` goes upstream. */
  readonly passesBaggage: boolean;
  readonly listener: HttpListenerPlan;
  readonly isTls: boolean;
  readonly host: string;
}

export class ExchangeTrace {
  readonly traceId: string;
  readonly parentId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly reason: 'parent' | 'sample' | null;
  readonly passesBaggage: boolean;
  readonly listener: HttpListenerPlan;
  readonly isTls: boolean;
  readonly host: string;
  attempts: readonly AttemptTrace[] = NO_ATTEMPTS;
  stages: readonly StageTrace[] = NO_STAGES;
  private readonly ids: TraceIds;
  /** Empty until somebody asks: only kept ones need it. */
  private ownId = '';
  /** The parent that the head names. */
  private sentId: string;

  constructor(init: TraceInit) {
    this.ids = init.ids;
    this.traceId = init.traceId;
    this.parentId = init.parentId;
    this.traceState = init.traceState;
    this.flags = init.flags;
    this.reason = init.reason;
    this.passesBaggage = init.passesBaggage;
    this.listener = init.listener;
    this.isTls = init.isTls;
    this.host = init.host;
    this.sentId = '';
  }

  /** Of the exchange's own span. */
  get spanId(): string {
    if (this.ownId === '') this.ownId = this.ids.spanId();
    return this.ownId;
  }

  /** Field lines for the request as it goes upstream, each with CRLF. They name the first attempt as the parent; `sending` puts others in its place. */
  get lines(): string {
    if (this.sentId === '') this.sentId = this.ids.spanId();
    const parent = `traceparent: ${formatTraceParent(this.traceId, this.sentId, this.flags)}\r\n`;
    return this.traceState === '' ? parent : `${parent}tracestate: ${this.traceState}\r\n`;
  }

  /**
   * An attempt begins.
   * @param head Of the request. @returns The head that names this attempt as the parent.
   */
  sending(head: string, slot: number, now: Instant, isHedge: boolean): string {
    if (this.attempts.length >= NOTED_MAX) return head;
    const isFirst = this.attempts.length === 0;
    if (!isFirst || this.sentId === '') this.sentId = this.ids.spanId();
    const sent = isFirst ? head : withParent(head, this.sentId);
    const attempt = new AttemptTrace(this.sentId, slot, now, isHedge);
    if (this.attempts === NO_ATTEMPTS) this.attempts = [attempt];
    else (this.attempts as AttemptTrace[]).push(attempt);
    return sent;
  }

  connected(slot: number, connectMs: number): void {
    const attempt = this.running(slot);
    if (attempt !== null) attempt.connectMs = connectMs;
  }

  /** The head of its reply is passed on. */
  answered(slot: number, status: number, now: Instant): void {
    const attempt = this.running(slot);
    if (attempt === null) return;
    attempt.status = status;
    attempt.firstByteAt = now;
  }

  /** @param status Of the reply; 0: none. @param failure Empty: none. */
  ended(slot: number, status: number, failure: string, now: Instant): void {
    const attempt = this.running(slot);
    if (attempt === null) return;
    if (status > 0) attempt.status = status;
    attempt.failure = failure;
    attempt.endedAt = now;
  }

  /** Nobody waits for it any more. */
  left(slot: number, now: Instant): void {
    const attempt = this.running(slot);
    if (attempt === null) return;
    attempt.isLeft = true;
    attempt.endedAt = now;
  }

  /** A filter has the request wait, until `stageOver`. */
  stage(kind: FilterKind, now: Instant): void {
    if (this.stages.length >= NOTED_MAX) return;
    const stage = new StageTrace(kind, now);
    if (this.stages === NO_STAGES) this.stages = [stage];
    else (this.stages as StageTrace[]).push(stage);
  }

  stageOver(now: Instant): void {
    const stage = this.stages.at(-1);
    if (stage !== undefined && stage.endedAt < 0) stage.endedAt = now;
  }

  /** An endpoint has at most one attempt under way. */
  private running(slot: number): AttemptTrace | null {
    for (let at = this.attempts.length - 1; at >= 0; at--) {
      const attempt = this.attempts[at]!;
      if (attempt.slot === slot && attempt.endedAt < 0) return attempt;
    }
    return null;
  }
}

const LINE = '\r\ntraceparent: 00-';

/** The head with another span as the parent. No client can write the line: it begins one, and its own were left out. */
function withParent(head: string, spanId: string): string {
  const at = head.lastIndexOf(LINE);
  if (at < 0) return head; // the route leaves it out
  const start = at + LINE.length + 33;
  return head.slice(0, start) + spanId + head.slice(start + 16);
}
