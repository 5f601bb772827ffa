/**
 * Stands before the client and puts a page in place of errors. Content of a service's error is read away, so that its connection can be used again and its end is counted as it was; what is
 * larger than that is worth is cut off. Fields that tell a client what to do next stay.
 */
import { type ErrorPage, fillLocation, type PageValues, prefersJson, problemJson } from '../../core/filters/error-page.ts';
import { entriesOf } from '../../core/filters/header-list.ts';
import type { ErrorPagePlan } from '../../config/filters/error-page-plan.ts';
import { fieldEntries } from '../custom/custom-request.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Attempt, Client, Exchange, ReadyReply } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import { type FetchedPage, PageFetch } from './page-fetch.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';

export interface ErrorRules {
  readonly plan: ErrorPagePlan;
  readonly page: ErrorPage;
  /** By status. */
  readonly isReplaced: Uint8Array;
  readonly statuses: ReadonlyMap<number, number>;
  readonly worker: WorkerContext;
}

/** Content that is read away; more costs more than a new connection. */
const DISCARD_BYTES_MAX = 64 * 1024;
const NOT_KEPT = 'Cache-Control: no-store\r\n';
/** RFC 9110 §10.2.3, §11.6.1, §10.2.1; what rate limits say. */
const KEPT = /^(?:retry-after|www-authenticate|proxy-authenticate|allow|set-cookie|ratelimit(?:-[a-z]+)?)$/i;

export class ErrorClient extends PassingClient {
  private readonly rules: ErrorRules;
  private readonly accept: string | null;
  private readonly host: string;
  /** The service's status whose content is read away; 0: none. */
  private discarding = 0;
  private discarded = 0;
  private kept = '';
  private exchange: Exchange | null = null;
  /** A page is, or was, on its way. */
  private hasAsked = false;

  constructor(client: Client, rules: ErrorRules, accept: string | null, host: string) {
    super(client);
    this.rules = rules;
    this.accept = accept;
    this.host = host;
  }

  override get hasRoom(): boolean {
    return this.discarding > 0 || this.client.hasRoom;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    if (!this.rules.plan.coversService || this.rules.isReplaced[parser.status] !== 1)
      return this.client.onResponseHead(exchange, attempt, bytes, start);
    this.discarding = parser.status;
    this.exchange = exchange;
    this.kept = keptLines(fieldEntries({ parser, bytes, start }));
    return true;
  }

  override replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.discarding === 0) return this.client.replyBody(exchange, bytes, start, end);
    this.discarded += end - start;
  }

  override flushReply(): boolean {
    if (this.discarding === 0) return this.client.flushReply();
    if (this.discarded > DISCARD_BYTES_MAX && this.exchange !== null) this.answer(this.exchange, this.discarding, this.kept);
    return true;
  }

  override onReplyEnd(exchange: Exchange, trailers: string): void {
    if (this.discarding === 0) return this.client.onReplyEnd(exchange, trailers);
    this.answer(exchange, this.discarding, this.kept);
  }

  override onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    if (this.discarding === 0) return this.client.onReplyCut(exchange, failure);
    this.answer(exchange, this.discarding, this.kept);
  }

  override replyReady(exchange: Exchange, reply: ReadyReply): boolean {
    const isReplaced = this.rules.plan.coversService && this.rules.isReplaced[reply.status] === 1;
    return !isReplaced && this.client.replyReady(exchange, reply);
  }

  override replyOwn(exchange: Exchange, answer: OwnAnswer): void {
    if (exchange.isGrpc || this.rules.isReplaced[answer.status] !== 1) return this.client.replyOwn(exchange, answer);
    this.answer(exchange, answer.status, keptLines(entriesOf(answer.fields ?? '')));
  }

  private answer(exchange: Exchange, given: number, kept: string): void {
    const { plan, statuses } = this.rules;
    this.discarding = 0;
    const status = statuses.get(given) ?? given;
    const values: PageValues = { status, requestId: exchange.requestId, host: this.host, path: exchange.path };
    if (plan.redirect !== '' && !exchange.path.startsWith(pathOf(plan.redirect))) {
      const fields = `${kept}Location: ${fillLocation(plan.redirect, { ...values, status: given })}\r\nCache-Control: no-store\r\n`;
      return this.client.replyOwn(exchange, { status: 302, fields, body: '' });
    }
    const isJson = plan.json === 'always' || (plan.json === 'auto' && prefersJson(this.accept));
    if (!isJson && !this.hasAsked && this.fetchPage(exchange, given, (fetched) => this.send(exchange, values, kept, fetched))) return;
    if (!isJson) return this.send(exchange, values, kept, null);
    const fields = `${kept}Content-Type: application/problem+json\r\n${NOT_KEPT}${this.vary}`;
    this.client.replyOwn(exchange, { status, fields, body: problemJson(values) });
  }

  /** @param fetched Null: ours. */
  private send(exchange: Exchange, values: PageValues, kept: string, fetched: FetchedPage | null): void {
    const type = fetched?.type ?? 'text/html; charset=utf-8';
    const fields = `${kept}Content-Type: ${type}\r\n${NOT_KEPT}${this.vary}`;
    this.client.replyOwn(exchange, { status: values.status, fields, body: fetched?.body ?? this.rules.page.fill(values) });
  }

  private get vary(): string {
    return this.rules.plan.json === 'auto' ? 'Vary: Accept\r\n' : '';
  }

  /** Once per exchange: what goes wrong meanwhile has its answer at once. @returns Whether a page may come. */
  private fetchPage(asked: Exchange, status: number, onPage: (page: FetchedPage | null) => void): boolean {
    const { plan, worker } = this.rules;
    const service = plan.from === null ? undefined : worker.service(plan.from.service);
    if (plan.from === null || service === undefined) return false;
    this.hasAsked = true;
    asked.isAnswered = true;
    asked.stop();
    const target = plan.from.path.replaceAll('{status}', String(status));
    const { timeoutMs } = plan.from;
    new PageFetch({ worker, service, asked, target, host: this.host, accept: this.accept, status, timeoutMs }, onPage).start();
    return true;
  }
}

function keptLines(entries: readonly (readonly [string, string])[]): string {
  let lines = '';
  for (const [name, value] of entries) if (KEPT.test(name)) lines += `${name}: ${value}\r\n`;
  return lines;
}

/** Of a location up to its first place: who asks for it is there already, and gets a page. */
function pathOf(location: string): string {
  const place = location.indexOf('{');
  const fixed = place < 0 ? location : location.slice(0, place);
  return fixed.startsWith('/') ? fixed : '\0';
}
