/**
 * Filters as the data planes run them: a kind, and its options with every default filled in. What each kind's options are stands in `filters/`, one file for each; `schema/filters/` says how
 * they are written. Part of the Plan (`plan.ts`), with its units and its promises.
 */
import type { ApiKeyPlan } from './filters/api-key-plan.ts';
import type { BasicPlan } from './filters/basic-plan.ts';
import type { BodyLimitPlan } from './filters/body-limit-plan.ts';
import type { CachePlan } from './filters/cache-plan.ts';
import type { CompressPlan } from './filters/compress-plan.ts';
import type { CorsPlan } from './filters/cors-plan.ts';
import type { CustomPlan } from './filters/custom-plan.ts';
import type { DecompressLimitPlan } from './filters/decompress-limit-plan.ts';
import type { ErrorPagePlan } from './filters/error-page-plan.ts';
import type { FaultPlan } from './filters/fault-plan.ts';
import type { FixedPlan } from './filters/fixed-plan.ts';
import type { ForwardAuthPlan } from './filters/forward-auth-plan.ts';
import type { HeadersPlan } from './filters/headers-plan.ts';
import type { IpPlan } from './filters/ip-plan.ts';
import type { JwtPlan } from './filters/jwt-plan.ts';
import type { MirrorPlan } from './filters/mirror-plan.ts';
import type { RateLimitPlan } from './filters/rate-limit-plan.ts';
import type { RedirectPlan } from './filters/redirect-plan.ts';
import type { RequestIdPlan } from './filters/request-id-plan.ts';
import type { RewritePlan } from './filters/rewrite-plan.ts';
import type { SecurityHeadersPlan } from './filters/security-headers-plan.ts';
import type { StaticPlan } from './filters/static-plan.ts';
import type { WafPlan } from './filters/waf-plan.ts';
import type { FilterKind } from '../core/filters/filter-kinds.ts';

/** Options by kind. */
export interface FilterOptions extends Record<FilterKind, object> {
  readonly requestId: RequestIdPlan;
  readonly headers: HeadersPlan;
  readonly securityHeaders: SecurityHeadersPlan;
  readonly errorPage: ErrorPagePlan;
  readonly ip: IpPlan;
  readonly cors: CorsPlan;
  readonly bodyLimit: BodyLimitPlan;
  readonly decompressLimit: DecompressLimitPlan;
  readonly rateLimit: RateLimitPlan;
  readonly waf: WafPlan;
  readonly jwt: JwtPlan;
  readonly basic: BasicPlan;
  readonly apiKey: ApiKeyPlan;
  readonly forwardAuth: ForwardAuthPlan;
  readonly custom: CustomPlan;
  readonly redirect: RedirectPlan;
  readonly rewrite: RewritePlan;
  readonly fixed: FixedPlan;
  readonly cache: CachePlan;
  readonly compress: CompressPlan;
  readonly mirror: MirrorPlan;
  readonly fault: FaultPlan;
  readonly static: StaticPlan;
}

export type { FilterKind } from '../core/filters/filter-kinds.ts';
export type OptionsOf<Kind extends FilterKind> = FilterOptions[Kind];

export type FilterPlan = { readonly [Kind in FilterKind]: { readonly kind: Kind; readonly options: FilterOptions[Kind] } }[FilterKind];
