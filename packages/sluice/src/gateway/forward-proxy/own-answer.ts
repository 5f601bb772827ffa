/** A reply of the proxy's own, whole: status, the word for the reason in `Sluice-Error` and in the text, and what is asked for where nobody said who they are. */
import { ownReply } from '../downstream/refusal.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';
import type { Refusal } from './refusals.ts';

export interface AnswerContext {
  readonly rules: ProxyRules;
  readonly close: boolean;
  readonly wallMs: number;
}

/** Latin1 text. @param detail A sentence of ours, with nothing of the client's in it but a host and port that were understood. */
export function ownAnswer(
  request: ProxyRequest,
  { status, outcome }: Refusal,
  detail: string,
  { rules, close, wallMs }: AnswerContext,
): string {
  const isRefusal = outcome !== 'complete';
  const challenge = status === 407 && rules.users !== null ? rules.users.challenge : '';
  return ownReply({
    status,
    fields: isRefusal ? `Content-Type: text/plain; charset=utf-8\r\nSluice-Error: ${outcome}\r\n${challenge}` : '',
    body: isRefusal ? `${status} ${outcome}: ${detail}\n` : '',
    hstsLine: '',
    close,
    isHead: request.method === 'HEAD',
    wallMs,
    saysKeepAlive: request.minorVersion === 0,
  });
}
