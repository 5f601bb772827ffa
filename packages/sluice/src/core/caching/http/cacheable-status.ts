/** What status codes mean to a cache: RFC 9110 §15.1 (heuristically cacheable) and RFC 9111 §3 (understood). */

/** May be given a lifetime without the origin naming one; 206 is left out, for partial content is not stored. */
const HEURISTIC: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** Further final codes whose caching rules are implemented here: they have none of their own. Matters with `must-understand` only. */
const PLAIN = '201 202 302 303 307 400 401 402 403 406 407 408 409 411 412 413 415 417 421 422 426 428 429 431 451 500 502 503 504 505';

const UNDERSTOOD: ReadonlySet<number> = new Set([...HEURISTIC, ...PLAIN.split(' ').map(Number)]);

/** RFC 9110 §15.1. */
export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTIC.has(status);
}

/** RFC 9111 §3: recognised, with all its caching behaviour. */
export function isUnderstood(status: number): boolean {
  return UNDERSTOOD.has(status);
}

/** The origin failed (RFC 5861 §4): 500, 502, 503, 504. */
export function isOriginFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
