/** Request ids: unique over workers and restarts through a random prefix, ordered by a counter. Not secret, not guessable in advance by clients. */
import { randomBytes } from 'node:crypto';

const prefix = `${randomBytes(9).toString('hex')}-`;
let counter = 0;

/** A new id: 18 random hexadecimal digits of this worker, then a rising number in base 36. About 40 ns. */
export function newRequestId(): string {
  counter = (counter + 1) % Number.MAX_SAFE_INTEGER;
  return prefix + counter.toString(36);
}

/** An id from a trusted peer is kept when it is short and harmless in logs. */
export function isAcceptableRequestId(id: string): boolean {
  return id.length > 0 && id.length <= 128 && /^[\w.:/+=-]+$/.test(id);
}
