/**
 * Runs a filter without a gateway, for unit tests: a request in, what the client and the service would see out. The same checks as in the gateway: a bad header name throws here, too. Not here:
 * deadlines, and content that comes in pieces.
 */
import {
  ContentTooLarge,
  type FilterAnswer,
  type FilterClient,
  type FilterFunction,
  type FilterReply,
  type FilterRequest,
} from '../core/filters/custom-filter.ts';
import { bodyBytes, checkAnswer, checkStatus } from '../core/filters/filter-answer.ts';
import { entriesOf, HeaderList } from '../core/filters/header-list.ts';
import { normalizePath } from '../core/routing/path.ts';

/** What a filter is tested with. Everything has a default. */
export interface TestFilterInput<Options = unknown> {
  readonly request?: {
    /** Default `GET`. */
    readonly method?: string;
    /** Default `http://localhost/`. */
    readonly url?: string;
    readonly headers?: FilterAnswer['headers'];
    readonly body?: string | Uint8Array;
    readonly client?: Partial<FilterClient>;
    readonly route?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly user?: string;
    readonly claims?: Readonly<Record<string, unknown>> | null;
  };
  /** What the service replies; default 200 without content. A function is given the request as the service would see it. */
  readonly reply?: FilterAnswer | ((request: TestedRequest) => FilterAnswer);
  readonly options?: Options;
}

/** A request as the service would see it. */
export interface TestedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: HeaderList;
  readonly body: string;
}

/** What came of it. */
export interface TestedFilter {
  /** What the client gets. */
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
  /** What the service was asked; null: the filter answered without it. */
  readonly forwarded: TestedRequest | null;
}

const REQUEST_BYTES = 65_536;
const REPLY_BYTES = 1024 * 1024;
const UTF8 = new TextDecoder();

/**
 * Runs a filter with one request.
 * @throws What the filter throws; in the gateway that answers 500.
 * @example
 * const { status, forwarded } = await testFilter(filter, { request: { headers: { 'x-token': 'no' } } });
 * assert.equal(status, 403);
 * assert.equal(forwarded, null);
 */
export async function testFilter<Options>(filter: FilterFunction<Options>, input: TestFilterInput<Options> = {}): Promise<TestedFilter> {
  const request = new TestRequest(input.request ?? {});
  let reply: TestReply | null = null;
  // oxlint-disable-next-line typescript/require-await -- what it throws is a rejection
  const next = async (): Promise<FilterReply> => {
    if (reply !== null) throw new TypeError('next() was called twice: a request goes on once');
    reply = request.send(input.reply);
    return reply;
  };
  const result = await filter(request, next, (input.options ?? {}) as Options);
  if (result !== undefined && result !== reply) return { ...seen(checkAnswer(result)), forwarded: request.forwarded };
  reply ??= request.send(input.reply);
  return { status: reply.status, headers: reply.headers, body: UTF8.decode(reply.content), forwarded: request.forwarded };
}

function seen({ status, fields, body }: ReturnType<typeof checkAnswer>): Omit<TestedFilter, 'forwarded'> {
  return { status, headers: new HeaderList(entriesOf(fields)), body: UTF8.decode(body) };
}

class TestRequest implements FilterRequest {
  readonly method: string;
  readonly url: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly headers: HeaderList;
  readonly client: FilterClient;
  readonly route: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly user: string;
  readonly claims: Readonly<Record<string, unknown>> | null;
  readonly signal = new AbortController().signal;
  query: string;
  forwarded: TestedRequest | null = null;
  private pathNow: string;
  private readonly content: Uint8Array;

  constructor(request: NonNullable<TestFilterInput['request']>) {
    const url = new URL(request.url ?? 'http://localhost/');
    this.method = request.method ?? 'GET';
    this.url = url.href;
    this.scheme = url.protocol === 'https:' ? 'https' : 'http';
    this.host = url.hostname;
    this.pathNow = url.pathname;
    this.query = url.search.slice(1);
    this.headers = new HeaderList(entriesOf(checkAnswer({ status: 200, headers: request.headers ?? {} }).fields));
    this.client = { address: '127.0.0.1', certificate: null, ...request.client };
    this.route = request.route ?? '/*';
    this.parameters = request.parameters ?? {};
    this.user = request.user ?? '';
    this.claims = request.claims ?? null;
    this.content = bodyBytes(request.body ?? '')!;
  }

  get path(): string {
    return this.pathNow;
  }

  set path(given: string) {
    const path = normalizePath(given, { mergeSlashes: false, encodedSlashes: 'keep' });
    if (path === null)
      throw new TypeError(`${JSON.stringify(given)} is no path: it begins with "/", has no "?", and nothing in it leads above the root`);
    this.pathNow = path;
  }

  bytes(limit = REQUEST_BYTES): Promise<Uint8Array> {
    return this.content.length > limit ? Promise.reject(new ContentTooLarge('request', limit)) : Promise.resolve(this.content);
  }

  async text(limit?: number): Promise<string> {
    return UTF8.decode(await this.bytes(limit));
  }

  send(reply: TestFilterInput['reply']): TestReply {
    this.forwarded = { method: this.method, path: this.path, query: this.query, headers: this.headers, body: UTF8.decode(this.content) };
    const given = typeof reply === 'function' ? reply(this.forwarded) : reply;
    return new TestReply(checkAnswer(given ?? { status: 200 }));
  }
}

class TestReply implements FilterReply {
  readonly headers: HeaderList;
  content: Uint8Array;
  private statusNow: number;
  private given: string | Uint8Array | null = null;

  constructor({ status, fields, body }: ReturnType<typeof checkAnswer>) {
    this.statusNow = status;
    this.headers = new HeaderList(entriesOf(fields));
    this.content = body;
  }

  get status(): number {
    return this.statusNow;
  }

  set status(status: number) {
    checkStatus(status);
    this.statusNow = status;
  }

  get body(): string | Uint8Array | null {
    return this.given;
  }

  set body(body: string | Uint8Array | null) {
    this.content = bodyBytes(body) ?? this.content;
    this.given = body;
  }

  bytes(limit = REPLY_BYTES): Promise<Uint8Array> {
    return this.content.length > limit ? Promise.reject(new ContentTooLarge('reply', limit)) : Promise.resolve(this.content);
  }

  async text(limit?: number): Promise<string> {
    return UTF8.decode(await this.bytes(limit));
  }
}
