/**
 * Replies of our own: refusals and fixed responses. Short, plain, without a word about what is behind us.
 */
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import { httpDate } from '../exchange/http-date.ts';

/** Options of a reply of our own. */
export interface OwnReply {
  readonly status: number;
  /** Field lines, each with its CRLF. */
  readonly fields?: string;
  /** Latin1 text; default is the status in words. */
  readonly body?: string;
  /** Strict-Transport-Security; empty: none. */
  readonly hstsLine: string;
  readonly close: boolean;
  /** Reply to HEAD: fields only. */
  readonly isHead: boolean;
  readonly wallMs: number;
  /** HTTP/1.0 clients are told when the connection is kept. */
  readonly saysKeepAlive?: boolean;
}

/** Head and body of a reply of our own, as latin1 text. */
export function ownReply(reply: OwnReply): string {
  const hasBody = reply.status !== 204 && reply.status !== 304 && reply.status >= 200;
  const isDefault = reply.body === undefined;
  const body = reply.body ?? `${reply.status} ${reasonPhrase(reply.status)}\n`;
  let text = `HTTP/1.1 ${reply.status} ${reasonPhrase(reply.status)}\r\nDate: ${httpDate(reply.wallMs)}\r\n`;
  if (isDefault && hasBody) text += 'Content-Type: text/plain; charset=utf-8\r\n';
  text += reply.hstsLine;
  if (reply.fields !== undefined) text += reply.fields;
  if (hasBody) text += `Content-Length: ${body.length}\r\n`;
  if (reply.close) text += 'Connection: close\r\n';
  else if (reply.saysKeepAlive === true) text += 'Connection: keep-alive\r\n';
  return hasBody && !reply.isHead ? `${text}\r\n${body}` : `${text}\r\n`;
}
