/** How an export ended, and what the collector's answer means for what was sent (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Response"). */
import type { HeardReply } from './heard-reply.ts';

/** `rejected`: how many of a batch that was taken were not (partial success). `refused`: it will never be taken. `away`: later, perhaps. */
export type Delivery =
  | { readonly end: 'taken'; readonly rejected: number; readonly reason: string }
  | { readonly end: 'refused'; readonly reason: string }
  | { readonly end: 'away'; readonly reason: string; readonly afterMs: number | null };

const RETRYABLE = new Set([429, 502, 503, 504]);

/** Network errors that the packages take for final (a certificate that is not believed, say) are not: somebody mends them. */
export function failed(reply: HeardReply, error: Error | undefined, nowMs: number): Delivery {
  const { status } = reply;
  if (status === 0) return { end: 'away', reason: reasonOf(error), afterMs: null };
  if (RETRYABLE.has(status)) return { end: 'away', reason: `HTTP ${status}`, afterMs: reply.afterMs(nowMs) };
  // A success whose reply breaks off, or is longer than anybody reads.
  const isSuccess = status >= 200 && status < 300;
  return { end: 'refused', reason: isSuccess ? `HTTP ${status}, and then ${reasonOf(error)}` : `HTTP ${status}` };
}

export function late(timeoutMs: number): Delivery {
  return { end: 'away', reason: `no answer within ${timeoutMs} ms`, afterMs: null };
}

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no answer';
  const { code } = error as NodeJS.ErrnoException;
  return (error.message || code || error.name).slice(0, 200);
}
