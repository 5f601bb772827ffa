/** Errors of the admin API as problem details (RFC 9457): `application/problem+json` with status, title and one sentence. */
import { reasonPhrase } from '../core/http1/reason-phrase.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What the API answers. */
export interface AdminReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** In the place of the body: sent as they come, until they end or the client goes. */
  readonly lines?: AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param detail For the person who asked: what is wrong, and the remedy. @param more Further members. */
export function problem(
  status: number,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): AdminReply {
  const body = JSON.stringify({ type: 'about:blank', title: reasonPhrase(status) || 'Error', status, detail, ...more });
  return { status, type: PROBLEM_TYPE, body: `${body}\n`, headers };
}

export function json(status: number, value: unknown): AdminReply {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}
