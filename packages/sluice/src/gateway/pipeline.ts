/**
 * The pipeline: every filter there is, in the order in which a route's filters run, whatever the order in which they are written (of two of a kind, the one written first runs first; with
 * `filterOrder: 'written'` a route keeps its own). A request goes down the list, the reply comes back up it. Modules are loaded with the first plan that has such a filter.
 */
import type { FilterKind, FilterPlan } from '../config/filter-plan.ts';
import type { HeadersPlan } from '../config/filters/headers-plan.ts';
import type { FilterModule } from './filters/filter.ts';

interface Place<Kind extends FilterKind> {
  readonly kind: Kind;
  /** Why it stands here. */
  readonly why: string;
  load(): Promise<{ readonly filter: FilterModule<Kind> }>;
}

export const PIPELINE: readonly { readonly [Kind in FilterKind]: Place<Kind> }[FilterKind][] = [
  { kind: 'requestId', why: 'first, so that every reply carries it, refusals too', load: () => import('./filters/request-id.ts') },
  {
    kind: 'headers',
    why: 'edits hold for every reply, refusals too. With `{user}` behind `forwardAuth`: then it is known',
    load: () => import('./filters/headers.ts'),
  },
  { kind: 'securityHeaders', why: 'the same', load: () => import('./filters/security-headers.ts') },
  { kind: 'errorPage', why: 'outside of everything that may refuse', load: () => import('./filters/error-page.ts') },
  { kind: 'ip', why: 'the cheapest refusal', load: () => import('./filters/ip.ts') },
  {
    kind: 'cors',
    why: 'a preflight carries no credentials: it is answered before anybody asks for some',
    load: () => import('./filters/cors.ts'),
  },
  { kind: 'bodyLimit', why: 'before anybody reads a body', load: () => import('./filters/body-limit.ts') },
  { kind: 'decompressLimit', why: 'what follows sees the body as the service will', load: () => import('./filters/decompress-limit.ts') },
  {
    kind: 'rateLimit',
    why: 'before what costs more: a login that is guessed counts, too. With a claim in its key behind `jwt`, with `missesOnly` behind `cache`',
    load: () => import('./filters/rate-limit.ts'),
  },
  { kind: 'waf', why: 'before credentials are looked at: they, too, may be an attack', load: () => import('./filters/waf.ts') },
  { kind: 'jwt', why: 'who asks, cheapest proof first', load: () => import('./filters/jwt.ts') },
  { kind: 'basic', why: 'a password costs more than a signature', load: () => import('./filters/basic.ts') },
  { kind: 'apiKey', why: 'the same', load: () => import('./filters/api-key.ts') },
  { kind: 'forwardAuth', why: 'another program is asked: the dearest proof', load: () => import('./filters/forward-auth.ts') },
  { kind: 'custom', why: 'code of users sees who asks, and can answer before the cache does', load: () => import('./filters/custom.ts') },
  { kind: 'redirect', why: 'behind the proofs: where a secret place has moved is a secret', load: () => import('./filters/redirect.ts') },
  { kind: 'rewrite', why: 'the cache and the service see the new path', load: () => import('./filters/rewrite.ts') },
  { kind: 'fixed', why: 'as a service that answers would', load: () => import('./filters/fixed.ts') },
  {
    kind: 'cache',
    why: 'behind everything that refuses: who may not see it does not get it from here either',
    load: () => import('./filters/cache.ts'),
  },
  { kind: 'compress', why: 'inside the cache: compressed once, kept compressed', load: () => import('./filters/compress.ts') },
  { kind: 'mirror', why: 'copies what really goes to the service', load: () => import('./filters/mirror.ts') },
  { kind: 'fault', why: 'plays a service that is slow or broken', load: () => import('./filters/fault.ts') },
  { kind: 'static', why: 'is the origin itself', load: () => import('./filters/static.ts') },
];

const PLACES: ReadonlyMap<FilterKind, number> = new Map(PIPELINE.map(({ kind }, index) => [kind, index]));

/** A route's filters in the order in which they run. */
export function inOrder(filters: readonly FilterPlan[], isAsWritten: boolean): readonly FilterPlan[] {
  return isAsWritten ? filters : filters.toSorted((left, right) => placeOf(left) - placeOf(right));
}

function placeOf(filter: FilterPlan): number {
  if (filter.kind === 'headers' && namesUser(filter.options)) return PLACES.get('forwardAuth')! + 0.5;
  if (filter.kind !== 'rateLimit') return PLACES.get(filter.kind)!;
  if (filter.options.missesOnly) return PLACES.get('cache')! + 0.5;
  const usesClaim = filter.options.key.some(({ source }) => source === 'claim');
  return PLACES.get(usesClaim ? 'forwardAuth' : 'rateLimit')! + (usesClaim ? 0.5 : 0);
}

function namesUser({ request, response }: HeadersPlan): boolean {
  return [...request.set, ...request.add, ...response.set, ...response.add].some(([, value]) => value.includes('{user}'));
}
