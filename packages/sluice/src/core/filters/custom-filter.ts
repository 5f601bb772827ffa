/**
 * A filter that a user writes: a function that gets a request and `next`. It may change the request, answer it, hand it on and change the reply, or stay out of the way by returning nothing.
 * What it is run by is `gateway/custom/`; `config/test-filter.ts` runs it in a test.
 */

/** Header fields. Names have no case. What is set is checked at once: a bad name or value throws a TypeError. */
export interface FilterHeaders extends Iterable<readonly [name: string, value: string]> {
  /** The value; several of one name joined by `, ` (cookies by `; `). Null: there is none. */
  get(name: string): string | null;
  /** Every value of a name, as they came: for Set-Cookie. */
  getAll(name: string): readonly string[];
  has(name: string): boolean;
  /** Replaces what is there. */
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string): void;
}

/** Who asks. */
export interface FilterClient {
  /** IP address, after trusted proxies. */
  readonly address: string;
  /** What the client has shown in the TLS handshake, verified; null: none. */
  readonly certificate: { readonly subject: string; readonly names: readonly string[]; readonly fingerprint: string } | null;
}

/** A request on its way to a service. */
export interface FilterRequest {
  readonly method: string;
  /** The whole of it as the client asked: `https://example.com/a?b=c`. */
  readonly url: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised. Setting it changes what the service is asked; it must begin with `/`. */
  path: string;
  /** Without its `?`; empty where there is none. Settable, too. */
  query: string;
  readonly headers: FilterHeaders;
  readonly client: FilterClient;
  /** Name of the route. */
  readonly route: string;
  /** Of the route's path pattern: `/users/:id` has `id`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Who asks, where a filter before has proved it (`jwt`, `basic`, `apiKey`); else empty. */
  readonly user: string;
  /** What was proved of them: claims of a token. Null: nothing. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** Aborted when nobody waits for the reply any more: the client has gone, or the filter took too long. For `fetch(url, { signal })`. */
  readonly signal: AbortSignal;
  /**
   * The content, whole; it goes on to the service as it was. Only before `next()`.
   * @param limit Bytes; default 65,536, at most 16 MiB. Rejects with `ContentTooLarge` where there is more; not caught, that answers 413.
   */
  bytes(limit?: number): Promise<Uint8Array>;
  /** The same, as UTF-8. */
  text(limit?: number): Promise<string>;
}

/** A reply on its way to the client. */
export interface FilterReply {
  /** 200..599. Settable. */
  status: number;
  readonly headers: FilterHeaders;
  /**
   * The content, whole and decoded (gzip, br, zstd, deflate). What was read is then sent from memory, as it came.
   * @param limit Bytes; default 1 MiB, at most 64 MiB. Rejects with `ContentTooLarge` where there is more: then it can still be passed on.
   */
  bytes(limit?: number): Promise<Uint8Array>;
  /** The same, as UTF-8. */
  text(limit?: number): Promise<string>;
  /** Content in place of what came; null while there is none. Text is sent as UTF-8. */
  body: string | Uint8Array | null;
}

/** A reply of the filter's own. */
export interface FilterAnswer {
  /** 200..599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [name: string, value: string]>;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array | null;
}

/** Hands the request on; resolves with the reply's head as soon as it is there. At most once. Rejects when the client has gone. */
export type FilterNext = () => Promise<FilterReply>;

/** Nothing: it passes as it is. */
// oxlint-disable-next-line no-invalid-void-type -- a function that returns nothing is a filter
export type FilterResult = FilterReply | FilterAnswer | undefined | void;

/** A filter. @template Options What the configuration gives it. */
export type FilterFunction<Options = unknown> = (
  request: FilterRequest,
  next: FilterNext,
  options: Options,
) => FilterResult | Promise<FilterResult>;

/** More content than was asked for. */
export class ContentTooLarge extends Error {
  override readonly name = 'ContentTooLarge';
  /** Bytes. */
  readonly limit: number;
  /** Whose content it is. */
  readonly of: 'request' | 'reply';

  constructor(of: 'request' | 'reply', limit: number) {
    super(`the content of the ${of} is larger than ${limit} bytes: give a larger limit, or do not read it`);
    this.limit = limit;
    this.of = of;
  }
}

/** Nobody waits for the reply any more. */
export class RequestOver extends Error {
  override readonly name = 'RequestOver';

  constructor(why: string) {
    super(`the request is over: ${why}`);
  }
}

/**
 * Gives a filter its types; returns it as it is.
 * @example
 * export default defineFilter(async (request, next) => {
 *   if (request.headers.get('x-token') !== 'yes') return { status: 403, body: 'no' };
 *   const reply = await next();
 *   reply.headers.set('x-served-by', 'sluice');
 *   return reply;
 * });
 */
export function defineFilter<Options = unknown>(filter: FilterFunction<Options>): FilterFunction<Options> {
  return filter;
}
