/** What a forward proxy's clients may do, and how they say who they are. Part of its listener's plan. */
import type { DestinationRulesPlan } from '../core/forward-proxy/destination-rules.ts';
import type { BasicPlan } from './filters/basic-plan.ts';

export interface ForwardProxyRulesPlan extends DestinationRulesPlan {
  /** CIDRs that clients come from; empty: any. */
  readonly clients: readonly string[];
  /** Whose passwords let in (Proxy-Authorization); null: none is asked for. */
  readonly basic: BasicPlan | null;
  /** Name in Via, by which circles are noticed; null adds none. Default `sluice-forward`. */
  readonly via: string | null;
}

export interface ForwardProxyTimeouts {
  /** For a request's head. Absolute. Default 10 s. */
  readonly headerMs: number;
  /** Between two requests of a connection. Default 75 s. */
  readonly keepAliveMs: number;
  /** Between two reads of content, or two writes that make progress. Default 30 s. */
  readonly bodyIdleMs: number;
  /** Bytes per second: below this mean rate, after `bodyGraceMs`, a request's content is too slow. 0 = off. Default 240. */
  readonly bodyRateMin: number;
  readonly bodyGraceMs: number;
  /** From the request to the head of its reply. Default 60 s. */
  readonly responseMs: number;
  /** For a name's addresses. Default 5 s. */
  readonly resolveMs: number;
  /** For a connection, all addresses together. Default 10 s. */
  readonly connectMs: number;
  /** Silence of a tunnel, both ways. Default 1 h. */
  readonly idleMs: number;
  /** Silence once one side has ended. Default 30 s. */
  readonly halfClosedMs: number;
  /** Of a tunnel or request, whatever happens in it; 0 = no bound (default). */
  readonly lifetimeMs: number;
}
