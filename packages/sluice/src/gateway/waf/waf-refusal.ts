/** What follows a verdict, whichever engine it comes from. */
import type { WafPlan } from '../../config/filters/waf-plan.ts';
import { newRequestId } from '../exchange/request-id.ts';
import { type FilterContext, type FilterVerdict, PASS, type RequestPass } from '../filters/filter.ts';
import { WafEvents, type WafVerdict } from './waf-events.ts';

/** An engine that fails is told of this often. */
const TOLD_EVERY_MS = 60_000;

export class WafRefusal {
  readonly options: WafPlan;
  private readonly context: FilterContext;
  private readonly events: WafEvents;
  private toldAt = -Infinity;

  constructor(options: WafPlan, context: FilterContext) {
    this.options = options;
    this.context = context;
    this.events = context.shared.get('waf events', () => new WafEvents());
  }

  /** An attack. @param status What the engine asks for; 0: what is configured. */
  attack(pass: RequestPass, verdict: WafVerdict, status = 0): FilterVerdict {
    const { exchange } = pass;
    const { isDetectOnly, logsSample } = this.options;
    if (exchange.requestId === '') exchange.requestId = newRequestId();
    this.events.tell(this.context.worker, pass, isDetectOnly ? 'waf detected' : 'waf blocked', verdict, logsSample);
    if (isDetectOnly) return PASS;
    const fields = `X-Request-Id: ${exchange.requestId}\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n`;
    const body = `This request was refused. Its number: ${exchange.requestId}\n`;
    return pass.answer({ status: status === 0 ? this.options.status : status, fields, body });
  }

  /** The engine has no time for it, or is not there. */
  unable(pass: RequestPass): FilterVerdict {
    return this.options.failsOpen || this.options.isDetectOnly ? PASS : pass.answer({ status: 503 });
  }

  /** Content that is more than is looked at, or in a coding that nobody can read here: whoever sends it chooses so, and never passes by it. */
  unread(pass: RequestPass, why: 'large' | 'unknown'): FilterVerdict {
    return pass.answer({ status: why === 'large' ? 413 : 415 });
  }

  /** The engine has failed: a fault of ours. @throws What it threw, where that is to answer 500. */
  broken(error: unknown): FilterVerdict {
    if (!this.options.failsOpen) throw error;
    const { worker, route } = this.context;
    const now = worker.clock.now();
    if (now - this.toldAt >= TOLD_EVERY_MS) {
      this.toldAt = now;
      worker.event('error', 'waf failed, requests pass', {
        route: route.name,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    return PASS;
  }
}
