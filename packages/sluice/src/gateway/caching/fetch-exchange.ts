/** The exchange by which the cache fetches something: like the one of a client that asked for it, but for whom it ends at. */
import type { Instant } from '../../base/time.ts';
import { type Client, Exchange } from '../exchange/exchange.ts';

/** @param asked The client's; its request has no content. */
export function fetchExchange(asked: Exchange, client: Client, now: Instant): Exchange {
  const exchange = new Exchange(client, now);
  exchange.isFetch = true;
  exchange.isIdempotent = true;
  exchange.method = asked.method;
  exchange.path = asked.path;
  exchange.query = asked.query;
  exchange.clientAddress = asked.clientAddress;
  exchange.claims = asked.claims;
  exchange.user = asked.user;
  exchange.requestId = asked.requestId;
  exchange.trace = asked.trace;
  exchange.minorVersion = asked.minorVersion;
  exchange.isHttp2 = asked.isHttp2;
  exchange.route = asked.route;
  exchange.service = asked.service;
  return exchange;
}

const CONDITION = /^(?:If-None-Match|If-Modified-Since):[^\n]*\n/gim;

/** The same fetch once more, without asking whether what is kept still holds (RFC 9111 §4.3.3). */
export function unconditionalFetch(before: Exchange, now: Instant): Exchange {
  const exchange = fetchExchange(before, before.client, now);
  exchange.head = withoutConditions(before.head);
  exchange.key = before.key;
  exchange.wanted = before.wanted;
  exchange.session = before.session;
  exchange.exchangeDeadline = before.exchangeDeadline;
  exchange.replyEdits = before.replyEdits;
  exchange.filterEdits = before.filterEdits;
  exchange.followers = before.followers;
  return exchange;
}

/** A request's head without the conditions that we have put there. */
export function withoutConditions(head: string): string {
  return head.replaceAll(CONDITION, '');
}

/** What the log and the figures of the client's exchange say of the service is what the fetch met. */
export function copyOutcome(fetch: Exchange, asked: Exchange): void {
  asked.attempts = fetch.attempts;
  asked.endpoint = fetch.endpoint;
  asked.connectMs = fetch.connectMs;
  asked.firstByteMs = fetch.firstByteMs;
  asked.affinity = fetch.affinity;
  asked.serviceLines = fetch.serviceLines;
  asked.isHedged = fetch.isHedged;
  if (asked.requestId === '') asked.requestId = fetch.requestId;
}
