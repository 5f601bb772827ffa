/** Options of `waf`: which engine looks at requests, how strictly, and what follows. Sizes in bytes, durations in milliseconds. */
import type { WafExclusion } from '../../core/waf/exclusion.ts';
import type { WafParanoia } from '../../core/waf/rule.ts';

export interface WafPlan {
  /** Null: our own rules. */
  readonly modSecurity: ModSecurityPlan | null;
  /** Attacks are told of, and pass. */
  readonly isDetectOnly: boolean;
  readonly paranoia: WafParanoia;
  /** Score that refuses a request. */
  readonly threshold: number;
  /** Null: content is not looked at. */
  readonly body: WafBodyPlan | null;
  /** Upper case. */
  readonly methods: readonly string[];
  /** Media types of content, lower case, also `type/*`; empty: all. */
  readonly contentTypes: readonly string[];
  /** Header fields, lower case, that are not looked at. */
  readonly ignoredHeaders: readonly string[];
  readonly exclusions: readonly WafExclusion[];
  /** What a refused request is answered. */
  readonly status: number;
  /** A piece of what was found is told, made harmless. */
  readonly logsSample: boolean;
  /** A request passes when the engine fails. */
  readonly failsOpen: boolean;
}

export interface WafBodyPlan {
  readonly bytesMax: number;
  /** Longer content: its beginning is looked at and it passes, or it is refused with 413. */
  readonly large: 'inspect-part' | 'refuse';
}

export interface ModSecurityPlan {
  /** Files of rules, absolute, in their order. */
  readonly rules: readonly string[];
  /** Changes when one of them does. */
  readonly version: string;
  /** Requests of a worker that wait for the engine. */
  readonly queueMax: number;
  /** For one request, the wait included. */
  readonly timeoutMs: number;
}
