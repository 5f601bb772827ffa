/** What follows a verdict, whichever engine it comes from. */
import type { WafPlan } from '../../config/filters/waf-plan.ts';
import { newRequestId } from '../exchange/request-id.ts';
import { type FilterContext, type FilterVerdict, PASS, type RequestPass } from '../filters/filter.ts';
import { WafEvents, type WafVerdict } from './waf-events.ts';

export class WafRefusal {
  readonly options: WafPlan;
  private readonly context: FilterContext;
  private readonly events: WafEvents;

  constructor(options: WafPlan, context: FilterContext) {
    this.options = options;
    this.context = context;
    this.events = context.shared.get('waf events', () => new WafEvents());
  }

  /** An attack. @param status What the engine asks for; 0: what is configured. */
  attack(pass: RequestPass, verdict: WafVerdict, status = 0): FilterVerdict {
    const { exchange } = pass;
    const { isDetectOnly, logsSample } = this.options;
    if (exchange.requestId === '' && !isDetectOnly) exchange.requestId = newRequestId();
    this.events.tell(this.context.worker, pass, isDetectOnly ? 'waf detected' : 'waf blocked', verdict, logsSample);
    if (isDetectOnly) return PASS;
    const fields = `X-Request-Id: ${exchange.requestId}\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n`;
    const body = `This request was refused. Its number: ${exchange.requestId}\n`;
    return pass.answer({ status: status === 0 ? this.options.status : status, fields, body });
  }

  /** The engine could not look at it: 415 where the content cannot be read, 503 where the engine fails or has too much to do. */
  failed(pass: RequestPass, status: 415 | 503): FilterVerdict {
    return this.options.failsOpen || this.options.isDetectOnly ? PASS : pass.answer({ status });
  }

  /** There is more content than is looked at. */
  large(pass: RequestPass): FilterVerdict {
    return pass.answer({ status: 413 });
  }
}
