/** What a forward proxy answers by itself: a status, a word for the log, which the client reads in `Sluice-Error`, too, and a sentence. */
import type { AccessOutcome } from '../../observe/access-log.ts';

export interface Refusal {
  readonly status: number;
  readonly outcome: AccessOutcome;
}

const refusal = (status: number, outcome: AccessOutcome): Refusal => ({ status, outcome });

export const REFUSALS = {
  auth: refusal(407, 'denied-auth'),
  host: refusal(403, 'denied-host'),
  port: refusal(403, 'denied-port'),
  private: refusal(403, 'denied-private'),
  loop: refusal(508, 'denied-loop'),
  form: refusal(400, 'client-error'),
  method: refusal(405, 'client-error'),
  late: refusal(408, 'timeout-header'),
  busy: refusal(503, 'shed'),
  internal: refusal(500, 'internal-error'),
  resolve: refusal(502, 'resolve-failed'),
  resolveTimeout: refusal(504, 'timeout-resolve'),
  connect: refusal(502, 'upstream-connect'),
  connectTimeout: refusal(504, 'timeout-connect'),
  reset: refusal(502, 'upstream-reset'),
  invalid: refusal(502, 'upstream-invalid'),
  response: refusal(504, 'timeout-response'),
  lifetime: refusal(504, 'timeout-lifetime'),
  body: refusal(408, 'timeout-body'),
} as const;
