/** Plays a service that is slow or broken, for a share of requests, so that one can see what depends on it (Envoy's fault filter, chaos engineering). */
import { setTimeout as timer } from 'node:timers';
import type { AbortKind, FaultPlan } from '../../config/filters/fault-plan.ts';
import { ANSWERED, type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage, WAIT } from './filter.ts';

const DELAY_HEADER = 'x-sluice-fault-delay';
const ABORT_HEADER = 'x-sluice-fault-abort';
/** What a header may ask for. */
const ASKED_MS_MAX = 300_000;

export const filter: FilterModule<'fault'> = {
  create: (plan, context) => new FaultStage(plan, context),
};

class FaultStage implements Stage {
  private readonly plan: FaultPlan;
  private readonly context: FilterContext;
  private readonly held = new Set<() => void>();

  constructor(plan: FaultPlan, context: FilterContext) {
    this.plan = plan;
    this.context = context;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { plan, context } = this;
    const { random } = context.worker;
    let delayMs = 0;
    let abort: AbortKind | null = null;
    if (plan.delay !== null && random() < plan.delay.share) delayMs = plan.delay.ms + random() * plan.delay.spreadMs;
    if (plan.abort !== null && random() < plan.abort.share) abort = plan.abort.kind;
    if (plan.header === 'any' || (plan.header === 'trusted' && pass.requester.identity.isTrusted)) {
      delayMs = askedDelay(pass.view.header(DELAY_HEADER)) ?? delayMs;
      abort = askedAbort(pass.view.header(ABORT_HEADER)) ?? abort;
    }
    if (delayMs > 0 && this.held.size < plan.delayedMax) {
      pass.hold();
      this.delay(pass, delayMs, abort);
      return WAIT;
    }
    if (abort === null) return PASS;
    if (abort !== 'reset') return answer(pass, abort);
    pass.hold();
    context.worker.later(() => reset(pass)); // its connection still looks at the head
    return WAIT;
  }

  /** Whoever is held up goes on. */
  close(): void {
    for (const goOn of this.held) goOn();
  }

  private delay(pass: RequestPass, delayMs: number, abort: AbortKind | null): void {
    const { exchange } = pass;
    const goOn = (): void => {
      clearTimeout(timeout);
      if (!this.held.delete(goOn)) return;
      exchange.leaveQueue = null;
      if (abort === null || exchange.isOver) pass.resume(exchange.isOver ? ANSWERED : PASS);
      else if (abort === 'reset') reset(pass);
      else pass.resume(answer(pass, abort));
    };
    const timeout = timer(goOn, delayMs);
    this.held.add(goOn);
    exchange.leaveQueue = () => {
      // The client has gone; its exchange is not over before this returns.
      exchange.leaveQueue = null;
      this.context.worker.later(goOn);
    };
  }
}

function answer(pass: RequestPass, status: number): typeof ANSWERED {
  pass.exchange.addReplyEdits({ drops: '', lines: 'X-Sluice-Fault: abort\r\n' });
  return pass.answer({ status });
}

function reset(pass: RequestPass): void {
  const { exchange } = pass;
  exchange.outcome = 'upstream-reset';
  if (exchange.isFetch) exchange.client.replyOwn(exchange, { status: 502 }); // the cache's own request: it has no connection
  else pass.requester.abort(exchange);
  pass.resume(ANSWERED);
}

function askedDelay(given: string | null): number | null {
  if (given === null || !/^\d{1,6}$/.test(given)) return null;
  return Math.min(Number(given), ASKED_MS_MAX);
}

function askedAbort(given: string | null): AbortKind | null {
  if (given === 'reset') return given;
  return given !== null && /^[45]\d\d$/.test(given) ? Number(given) : null;
}
