/**
 * Filters as a TypeScript configuration writes them: `filters: [compress(), cache({ ttl: '5m' }), myFilter]`. Each function gives what YAML would say (`{ compress: {} }`), with the types of
 * its options; a function of one's own stands there as it is.
 */
import type * as z from 'zod';
import type { FilterKind } from '../core/filters/filter-kinds.ts';
import type { FilterFunction } from '../core/filters/custom-filter.ts';
import type { apiKeySchema } from './schema/filters/api-key.ts';
import type { basicSchema } from './schema/filters/basic.ts';
import type { bodyLimitSchema } from './schema/filters/body-limit.ts';
import type { cacheSchema } from './schema/filters/cache.ts';
import type { compressSchema } from './schema/filters/compress.ts';
import type { corsSchema } from './schema/filters/cors.ts';
import type { customSchema } from './schema/filters/custom.ts';
import type { decompressLimitSchema } from './schema/filters/decompress-limit.ts';
import type { errorPageSchema } from './schema/filters/error-page.ts';
import type { faultSchema } from './schema/filters/fault.ts';
import type { fixedSchema } from './schema/filters/fixed.ts';
import type { forwardAuthSchema } from './schema/filters/forward-auth.ts';
import type { headersSchema } from './schema/filters/headers.ts';
import type { ipSchema } from './schema/filters/ip.ts';
import type { jwtSchema } from './schema/filters/jwt.ts';
import type { mirrorSchema } from './schema/filters/mirror.ts';
import type { rateLimitSchema } from './schema/filters/rate-limit.ts';
import type { redirectSchema } from './schema/filters/redirect.ts';
import type { requestIdSchema } from './schema/filters/request-id.ts';
import type { rewriteSchema } from './schema/filters/rewrite.ts';
import type { securityHeadersSchema } from './schema/filters/security-headers.ts';
import type { staticSchema } from './schema/filters/static.ts';
import type { wafSchema } from './schema/filters/waf.ts';

/** Options by kind, as they are written. */
export interface FilterInputs extends Record<FilterKind, unknown> {
  requestId: z.input<typeof requestIdSchema>;
  headers: z.input<typeof headersSchema>;
  securityHeaders: z.input<typeof securityHeadersSchema>;
  errorPage: z.input<typeof errorPageSchema>;
  ip: z.input<typeof ipSchema>;
  cors: z.input<typeof corsSchema>;
  bodyLimit: z.input<typeof bodyLimitSchema>;
  decompressLimit: z.input<typeof decompressLimitSchema>;
  rateLimit: z.input<typeof rateLimitSchema>;
  waf: z.input<typeof wafSchema>;
  jwt: z.input<typeof jwtSchema>;
  basic: z.input<typeof basicSchema>;
  apiKey: z.input<typeof apiKeySchema>;
  forwardAuth: z.input<typeof forwardAuthSchema>;
  custom: z.input<typeof customSchema>;
  redirect: z.input<typeof redirectSchema>;
  rewrite: z.input<typeof rewriteSchema>;
  fixed: z.input<typeof fixedSchema>;
  cache: z.input<typeof cacheSchema>;
  compress: z.input<typeof compressSchema>;
  mirror: z.input<typeof mirrorSchema>;
  fault: z.input<typeof faultSchema>;
  static: z.input<typeof staticSchema>;
}

/** Kinds whose options all have a default. */
type BareKind = { [Kind in Exclude<FilterKind, 'custom'>]: object extends FilterInputs[Kind] ? Kind : never }[Exclude<
  FilterKind,
  'custom'
>];

/** An object: a text has a member `fixed`, too. */
type Entry<Kind extends FilterKind> = object & {
  readonly [Given in Kind]: FilterInputs[Given] | (Given extends BareKind ? true : never);
} & {
  readonly [Other in Exclude<FilterKind, Kind>]?: never;
};

/** One filter: a kind with its options, a kind alone where that is enough, or a function. Options of a function are `any`: what it gets is its own business. */
// oxlint-disable-next-line typescript/no-explicit-any -- a filter of any options
export type FilterInput = { [Kind in FilterKind]: Entry<Kind> }[FilterKind] | BareKind | FilterFunction<any>;

/** Kinds of filters that answer by themselves: a route that has one needs no service. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type AnsweringFilter = { [Kind in AnsweringKind]: Entry<Kind> }[AnsweringKind] | (AnsweringKind & BareKind) | FilterFunction<any>;
type AnsweringKind = 'fixed' | 'static' | 'redirect' | 'custom';

type Arguments<Kind extends FilterKind> = Kind extends BareKind ? [options?: FilterInputs[Kind]] : [options: FilterInputs[Kind]];

function filterOf<const Kind extends FilterKind>(
  kind: Kind,
): (...args: Arguments<Kind>) => { readonly [Given in Kind]: FilterInputs[Given] } {
  return (...[options]) => ({ [kind]: options ?? {} }) as { readonly [Given in Kind]: FilterInputs[Given] };
}

/** A name for each request, in logs, to the service, and in the reply. */
export const requestId = filterOf('requestId');
/** Headers of requests and replies: set, added, removed. */
export const headers = filterOf('headers');
/** What browsers are told to be careful about. */
export const securityHeaders = filterOf('securityHeaders');
/** Replies in place of errors. */
export const errorPage = filterOf('errorPage');
/** Who may come, by address. */
export const ip = filterOf('ip');
/** Which pages of other origins may read replies. */
export const cors = filterOf('cors');
/** How large requests may be. */
export const bodyLimit = filterOf('bodyLimit');
/** How large compressed requests may become. */
export const decompressLimit = filterOf('decompressLimit');
/** How often one may ask. */
export const rateLimit = filterOf('rateLimit');
/** Rules against attacks. */
export const waf = filterOf('waf');
/** Tokens (RFC 7519). */
export const jwt = filterOf('jwt');
/** Names and passwords (RFC 7617). */
export const basic = filterOf('basic');
/** Keys of programs. */
export const apiKey = filterOf('apiKey');
/** Another program decides. */
export const forwardAuth = filterOf('forwardAuth');
/** Answers with another place. */
export const redirect = filterOf('redirect');
/** What the service is asked in place of what the client asked. */
export const rewrite = filterOf('rewrite');
/** A reply that is always the same. */
export const fixed = filterOf('fixed');
/** Replies that are kept. */
export const cache = filterOf('cache');
/** Replies made smaller. */
export const compress = filterOf('compress');
/** Copies of requests to another service. */
export const mirror = filterOf('mirror');
/** Faults on purpose. */
export const fault = filterOf('fault');
/** Files. */
export const staticFiles = filterOf('static');

/** A filter of one's own with options and a timeout: `custom(myFilter, { options: { token: 'a' } })`, or `custom({ module: './my-filter.ts' })`. */
export function custom<Options>(
  filter: FilterFunction<Options>,
  settings?: { readonly options?: Options; readonly timeout?: string },
): { readonly custom: FilterInputs['custom'] };
export function custom(module: Omit<FilterInputs['custom'], 'function'> & { readonly module: string }): {
  readonly custom: FilterInputs['custom'];
};
export function custom(given: unknown, settings: object = {}): { readonly custom: FilterInputs['custom'] } {
  const options = typeof given === 'function' ? { ...settings, function: given } : given;
  return { custom: options as FilterInputs['custom'] };
}
