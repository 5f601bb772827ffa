/**
 * What can go wrong with an ACME server, as one error: it could not be reached, it refused (a problem document, RFC 8555 §6.7), or it said
 * something that is not ACME. The message names the server, what was asked of it, and its own words.
 */

/** The server's words about one of several names (RFC 8555 §6.7.1), or about the whole. */
export interface AcmeProblem {
  /** The last part of `urn:ietf:params:acme:error:rateLimited`; other types whole. */
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly { readonly name: string; readonly type: string; readonly detail: string }[];
}

export type AcmeErrorKind =
  /** No connection, no answer in time, or no trust. */
  | 'unreachable'
  /** A problem document. */
  | 'refused'
  /** The server found the proof of a name wrong, or could not fetch it. */
  | 'unproved'
  /** An answer that is not ACME. */
  | 'protocol'
  /** We were asked for what cannot be done. */
  | 'unsupported';

export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  readonly kind: AcmeErrorKind;
  /** The problem's type, such as `rateLimited`; empty when there was no problem document. */
  readonly type: string;
  /** Not before this many milliseconds, says the server; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(kind: AcmeErrorKind, message: string, more: { type?: string; retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.type = more.type ?? '';
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

const URN = 'urn:ietf:params:acme:error:';
const TEXT_MAX = 500;

/** A problem document; of anything else, what can be said about it. */
export function readProblem(value: unknown): AcmeProblem {
  const problem = objectOf(value);
  const list = Array.isArray(problem['subproblems']) ? problem['subproblems'].slice(0, 100) : [];
  return {
    type: typeText(problem['type']),
    detail: plainText(problem['detail']),
    subproblems: list.map((one) => {
      const part = objectOf(one);
      return { name: plainText(objectOf(part['identifier'])['value']), type: typeText(part['type']), detail: plainText(part['detail']) };
    }),
  };
}

/** `rateLimited: too many certificates (a.test: …)`. */
export function problemText({ type, detail, subproblems }: AcmeProblem): string {
  const parts = subproblems.map((part) => `${part.name}: ${part.detail || part.type}`).join('; ');
  const text = [type, detail].filter((word) => word !== '').join(': ') || 'without a reason';
  return parts === '' ? text : `${text} (${parts})`;
}

/** An object to look into; of anything else an empty one. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function typeText(value: unknown): string {
  const text = plainText(value);
  return text.startsWith(URN) ? text.slice(URN.length) : text === 'about:blank' ? '' : text;
}

/** The server's text on one line, of bounded length. */
function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  const line = value.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').trim();
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line;
}
