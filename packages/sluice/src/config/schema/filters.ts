/**
 * Filters of a route as they are written: `'compress'`, `{ compress: { level: 6 } }`, in TypeScript `compress({ level: 6 })` or a function of one's own. Each entry is one filter; the same kind may
 * stand twice (two rate limits).
 */
import * as z from 'zod';
import { FILTER_KINDS } from '../../core/filters/filter-kinds.ts';
import type { FilterPlan } from '../filter-plan.ts';
import { apiKeySchema } from './filters/api-key.ts';
import { basicSchema } from './filters/basic.ts';
import { bodyLimitSchema } from './filters/body-limit.ts';
import { cacheSchema } from './filters/cache.ts';
import { compressSchema } from './filters/compress.ts';
import { corsSchema } from './filters/cors.ts';
import { customSchema } from './filters/custom.ts';
import { decompressLimitSchema } from './filters/decompress-limit.ts';
import { errorPageSchema } from './filters/error-page.ts';
import { faultSchema } from './filters/fault.ts';
import { fixedSchema } from './filters/fixed.ts';
import { forwardAuthSchema } from './filters/forward-auth.ts';
import { headersSchema } from './filters/headers.ts';
import { ipSchema } from './filters/ip.ts';
import { jwtSchema } from './filters/jwt.ts';
import { mirrorSchema } from './filters/mirror.ts';
import { rateLimitSchema } from './filters/rate-limit.ts';
import { redirectSchema } from './filters/redirect.ts';
import { requestIdSchema } from './filters/request-id.ts';
import { rewriteSchema } from './filters/rewrite.ts';
import { securityHeadersSchema } from './filters/security-headers.ts';
import { staticSchema } from './filters/static.ts';
import { wafSchema } from './filters/waf.ts';
import { section } from './section.ts';

const ALLOWED = "a filter such as 'compress' or { compress: { level: 6 } }";
const FILTERS_MAX = 64;

/** Written by kind. */
const shape = {
  requestId: requestIdSchema.optional(),
  headers: headersSchema.optional(),
  securityHeaders: securityHeadersSchema.optional(),
  errorPage: errorPageSchema.optional(),
  ip: ipSchema.optional(),
  cors: corsSchema.optional(),
  bodyLimit: bodyLimitSchema.optional(),
  decompressLimit: decompressLimitSchema.optional(),
  rateLimit: rateLimitSchema.optional(),
  waf: wafSchema.optional(),
  jwt: jwtSchema.optional(),
  basic: basicSchema.optional(),
  apiKey: apiKeySchema.optional(),
  forwardAuth: forwardAuthSchema.optional(),
  custom: customSchema.optional(),
  redirect: redirectSchema.optional(),
  rewrite: rewriteSchema.optional(),
  fixed: fixedSchema.optional(),
  cache: cacheSchema.optional(),
  compress: compressSchema.optional(),
  mirror: mirrorSchema.optional(),
  fault: faultSchema.optional(),
  static: staticSchema.optional(),
};

const one = section(ALLOWED, shape);

/** One filter: exactly one key; `checks/filters.ts` says so where there are more or none, with its place. */
const filterSchema = z
  .preprocess(
    byName,
    one.transform((given): FilterPlan => {
      const [kind, options] = Object.entries(given).find(([, value]) => value !== undefined) ?? ['custom', undefined];
      return { kind, options } as FilterPlan;
    }),
  )
  .meta({ 'x-words': FILTER_KINDS });

/** `'compress'` and `{ compress: true }` are `{ compress: {} }`; a function is a filter of its own. */
function byName(value: unknown): unknown {
  if (typeof value === 'string') return { [value]: {} };
  if (typeof value === 'function') return { custom: { function: value } };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return entries.length === 1 && entries[0]![1] === true ? { [entries[0]![0]]: {} } : value;
}

/** The filters of a route. */
export const filtersSchema = z
  .array(filterSchema, { error: `must be a list of filters, each ${ALLOWED}` })
  .max(FILTERS_MAX, `must be at most ${FILTERS_MAX} filters`);
