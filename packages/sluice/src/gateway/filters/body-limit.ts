/**
 * Bounds a request's content (nginx's `client_max_body_size`, Traefik's Buffering without the buffer). A length that says more is answered 413 at once, before a 100 and before a byte is read; content
 * without a length is counted as it comes, and refused where it passes the bound (RFC 9110 §15.5.14). What a service has got by then is an unfinished request.
 */
import type { BodyLimitPlan } from '../../config/filters/body-limit-plan.ts';
import { ANSWERED, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

class BodyLimitStage implements Stage {
  private readonly bytesMax: number;

  constructor({ bytesMax }: BodyLimitPlan) {
    this.bytesMax = bytesMax;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { exchange, view } = pass;
    if (exchange.isRequestDone) return PASS;
    if (view.parser.contentLength > this.bytesMax) {
      exchange.outcome = 'client-error';
      pass.answer({ status: 413 });
      return ANSWERED;
    }
    if (exchange.contentBytesMax > this.bytesMax) exchange.contentBytesMax = this.bytesMax;
    return PASS;
  }
}

export const filter: FilterModule<'bodyLimit'> = { create: (options) => new BodyLimitStage(options) };
