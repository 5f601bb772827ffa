/** The request as a user's filter sees it. Nothing is read before it is asked for; what the head holds is taken out of it before the head goes. */
import { ContentTooLarge, type FilterClient, type FilterRequest, RequestOver } from '../../core/filters/custom-filter.ts';
import { editedEntries, HeaderList } from '../../core/filters/header-list.ts';
import { latin1 } from '../../core/http1/text.ts';
import { normalizePath } from '../../core/routing/path.ts';
import { waitForContent } from '../exchange/content-wait.ts';
import { type Exchange, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import { dropsOf } from '../exchange/header-edits.ts';
import type { RequestPass } from '../exchange/request-pass.ts';
import type { RequestView } from '../exchange/request-view.ts';

const CONTENT_BYTES_MAX = 16 * 1024 * 1024;
const PATH = { mergeSlashes: false, encodedSlashes: 'keep' } as const;
const QUERY = /^[\x21-\x7e]*$/;
const UTF8 = new TextDecoder();

export class CustomRequest implements FilterRequest {
  private readonly pass: RequestPass;
  private readonly exchange: Exchange;
  /** These two are taken out of the view, which is another request's once this one has gone on. */
  private readonly hostName: string;
  private readonly certificate: FilterClient['certificate'];
  private list: HeaderList | null = null;
  private pathNow: string;
  private queryNow: string;
  private hasTarget = false;
  private isGone = false;
  private content: Promise<Uint8Array> | null = null;
  private controller: AbortController | null = null;
  private whyOver: string | null = null;
  private named: Record<string, string> | null = null;

  constructor(pass: RequestPass) {
    this.pass = pass;
    this.exchange = pass.exchange;
    const { target, view } = pass;
    this.hostName = view.host;
    this.certificate = view.client;
    const mark = target === null ? -1 : target.indexOf('?');
    this.pathNow = target === null ? view.path : mark < 0 ? target : target.slice(0, mark);
    this.queryNow = target === null ? (view.query ?? '') : mark < 0 ? '' : target.slice(mark + 1);
  }

  get method(): string {
    return this.exchange.method;
  }

  get url(): string {
    const { exchange } = this;
    return `${this.scheme}://${this.pass.askedHost}${exchange.path}${exchange.query === null ? '' : `?${exchange.query}`}`;
  }

  get scheme(): 'http' | 'https' {
    return this.pass.scheme;
  }

  get host(): string {
    return this.hostName;
  }

  get path(): string {
    return this.pathNow;
  }

  set path(given: string) {
    this.checkOpen('path');
    const path = normalizePath(String(given), PATH);
    if (path === null)
      throw new TypeError(`${JSON.stringify(given)} is no path: it begins with "/", has no "?", and nothing in it leads above the root`);
    this.pathNow = path;
    this.hasTarget = true;
  }

  get query(): string {
    return this.queryNow;
  }

  set query(given: string) {
    this.checkOpen('query');
    const text = String(given);
    if (!QUERY.test(text) || text.includes('#'))
      throw new TypeError(`${JSON.stringify(given)} is no query: visible ASCII without "#"; encode it, with URLSearchParams for one`);
    this.queryNow = text.startsWith('?') ? text.slice(1) : text;
    this.hasTarget = true;
  }

  get headers(): HeaderList {
    if (this.list === null) this.checkThere('headers');
    return (this.list ??= new HeaderList(this.readFields(), () => this.isGone));
  }

  get client(): FilterClient {
    return { address: this.exchange.clientAddress, certificate: this.certificate };
  }

  get route(): string {
    return this.pass.route.plan.name;
  }

  get parameters(): Readonly<Record<string, string>> {
    if (this.named === null) this.checkThere('parameters');
    return (this.named ??= this.readParameters());
  }

  get user(): string {
    return this.exchange.user;
  }

  get claims(): Readonly<Record<string, unknown>> | null {
    return this.exchange.claims;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.whyOver !== null) this.controller.abort(new RequestOver(this.whyOver));
    }
    return this.controller.signal;
  }

  bytes(limit = REPLAY_BYTES_MAX): Promise<Uint8Array> {
    checkLimit(limit, CONTENT_BYTES_MAX);
    if (this.isGone && this.content === null) throw new TypeError("the request's content has gone on: read it before next()");
    return (this.content ??= this.readContent(limit));
  }

  async text(limit?: number): Promise<string> {
    return UTF8.decode(await this.bytes(limit));
  }

  /** Writes what was changed into the pass. From now on nothing can be. @param outlives The filter goes on: it may look at what the head said. */
  leave(outlives: boolean): void {
    if (outlives) {
      this.list ??= new HeaderList(this.readFields(), () => this.isGone);
      this.named ??= this.readParameters();
    }
    const { pass } = this;
    this.isGone = true;
    this.exchange.leaveQueue?.(); // what it waits for of the content
    const changes = this.list?.changes() ?? null;
    if (changes !== null) pass.edit({ drops: dropsOf(changes.names), lines: changes.lines });
    if (this.hasTarget) pass.target = this.queryNow === '' ? this.pathNow : `${this.pathNow}?${this.queryNow}`;
  }

  /** Nobody waits for the reply any more. */
  over(why: string): void {
    this.isGone = true;
    this.whyOver = why;
    if (this.controller !== null) this.controller.abort(new RequestOver(why));
  }

  private async readContent(limit: number): Promise<Uint8Array> {
    const { exchange, view, listener } = this.pass;
    if (exchange.expectsContinue) view.parser.expectsContinue = false; // it is we who ask for it
    const content = await waitForContent(exchange, limit, listener.worker);
    if (content === 'gone') throw new RequestOver('the client has gone');
    if (content !== 'large') return content;
    this.content = null;
    throw new ContentTooLarge('request', limit);
  }

  private readFields(): [name: string, value: string][] {
    const { view, edits } = this.pass;
    return editedEntries(fieldEntries(view), edits.drops, edits.lines);
  }

  private readParameters(): Record<string, string> {
    const { params, paramNames } = this.pass.parameters;
    return Object.fromEntries(paramNames.map((name, index) => [name, params[index] ?? '']));
  }

  /** The head goes with the request: its memory is another one's afterwards. */
  private checkThere(what: string): void {
    if (this.isGone) throw new TypeError(`${what}: the request has gone on, or has its answer; look at it before`);
  }

  private checkOpen(what: string): void {
    if (this.isGone) throw new TypeError(`${what}: the request has gone on; change it before next()`);
  }
}

/** Name and value of each field of a head. */
export function fieldEntries({
  parser,
  bytes,
  start,
}: Pick<RequestView, 'bytes' | 'start'> & { parser: Pick<RequestView['parser'], 'fields' | 'fieldsStart'> }): [
  name: string,
  value: string,
][] {
  const { offsets, count, linesEnd } = parser.fields;
  const section = start + parser.fieldsStart;
  const text = latin1(bytes, section, section + linesEnd); // once: slices of a text cost next to nothing
  const entries: [string, string][] = [];
  for (let at = 0; at < count << 2; at += 4) {
    entries.push([text.slice(offsets[at], offsets[at + 1]), text.slice(offsets[at + 2], offsets[at + 3])]);
  }
  return entries;
}

/** @throws {TypeError} where it is no number of bytes in range. */
export function checkLimit(limit: number, max: number): void {
  if (Number.isInteger(limit) && limit >= 0 && limit <= max) return;
  throw new TypeError(`a limit is a whole number of bytes 0..${max}, got ${String(limit)}`);
}
