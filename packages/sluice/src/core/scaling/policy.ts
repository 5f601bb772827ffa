/**
 * What a service's number of instances is decided by: bounds, policies, behaviour. Compiled from `replicas` in the configuration (`config/compile-fleet.ts`), part
 * of the FleetPlan. Durations are milliseconds.
 */

/** How many, and why. */
export interface ReplicasPlan {
  /** 0..1000. 0 lets the service sleep. */
  readonly min: number;
  readonly max: number;
  /** At the start; within min..max. */
  readonly initial: number;
  /** Requests in flight that one instance may have, a hard bound like Knative's containerConcurrency; 0 = none. */
  readonly concurrencyMax: number;
  /** The largest answer wins. Empty: `initial` for ever, or what `sluice scale` says. */
  readonly scale: readonly ScalePolicyPlan[];
  /** Behaviour beside the policies. */
  readonly behavior: ScaleBehaviorPlan;
  /** Without a request for so long, a service whose `min` is 0 goes to sleep. Default 5 min. */
  readonly idleMs: number;
  readonly parking: ParkingPlan;
  readonly rebalance: RebalancePlan | null;
  /** Ceiling in money; null = none. */
  readonly cost: { readonly perInstanceHour: number; readonly ceilingPerHour: number } | null;
}

/** Requests that wait for an instance. Bounds over all workers. */
export interface ParkingPlan {
  /** Default 1,000. 0 parks nothing. */
  readonly requestsMax: number;
  /** Bytes of heads and bodies read so far. Default 64 MiB. */
  readonly bytesMax: number;
  /** Default 30 s; then 503 with Retry-After. */
  readonly waitMs: number;
}

export interface RebalancePlan {
  /** Share 0..1 of the most loaded instances' long-lived connections that is closed per step. Default 0.05. */
  readonly share: number;
  /** Between two steps. Default 10 s. */
  readonly everyMs: number;
  /** An instance is too loaded from this multiple of the mean. Default 1.2. */
  readonly above: number;
}

/** Rate limits and memory of the scaler; the defaults' sources are in `docs/guide/scaling.md`. */
export interface ScaleBehaviorPlan {
  /** Out: at most the larger of `share` × ready and `count` in each `periodMs`. */
  readonly out: ScaleRatePlan;
  readonly in: ScaleRatePlan;
  /** Share by which a metric may miss its target before anything is done. Default 0.1 (HPA). */
  readonly tolerance: number;
  /** After a step out, no step in for so long. Default 0: the stabilisation window does it. */
  readonly cooldownMs: number;
  /** An instance counts as load-bearing only so long after it got ready. Default 0. */
  readonly warmUpMs: number;
}

export interface ScaleRatePlan {
  /** The answer is the largest (in), or smallest (out), of the last so many milliseconds. */
  readonly stabilizationMs: number;
  readonly share: number;
  readonly count: number;
  readonly periodMs: number;
}

/** Signals that the balancer itself sees, and those that the applications report (ORCA headers or the agent port). */
export type BuiltInSignal =
  | 'in-flight'
  | 'rps'
  | 'queue-wait'
  | 'parked'
  | 'shed'
  | 'latency'
  | 'cpu'
  | 'memory'
  | 'event-loop'
  | 'event-loop-delay'
  | 'jobs';

/** Where a figure comes from. */
export type SignalPlan =
  | { readonly kind: 'built-in'; readonly name: BuiltInSignal; /** For `latency`: 0..1. Default 0.95. */ readonly percentile: number }
  | { readonly kind: 'prometheus'; readonly url: string; readonly query: string; readonly pollMs: number; readonly per: SignalShape }
  /** A number, or JSON with a number at the pointer (RFC 6901; '' = the whole answer). */
  | { readonly kind: 'url'; readonly url: string; readonly pointer: string; readonly pollMs: number; readonly per: SignalShape }
  /** A function of the configuration file, called in a process of its own. `key` finds it again there. */
  | { readonly kind: 'function'; readonly key: readonly (string | number)[]; readonly pollMs: number; readonly per: SignalShape };

/** `service`: a total, which instances share; `instance`: a mean, which each instance has. */
export type SignalShape = 'service' | 'instance';

export type ScalePolicyPlan = TargetPolicyPlan | StepPolicyPlan | SchedulePolicyPlan | EventPolicyPlan | PredictPolicyPlan;

export interface TargetPolicyPlan {
  readonly policy: 'target';
  /** As people read it: "in-flight", "prometheus 1". Unique within the service. */
  readonly name: string;
  readonly signal: SignalPlan;
  /** In the signal's unit, per instance: requests, requests/s, ms, share 0..1. */
  readonly target: number;
  /** Averaging windows; `panic` null = none. Defaults 20 s; 4 s, entered from 2 × what the ready ones may take (Knative: 60 s, 6 s, 2, where a decision is made each 2 s). */
  readonly stableMs: number;
  readonly panic: { readonly windowMs: number; readonly threshold: number } | null;
}

export interface StepPolicyPlan {
  readonly policy: 'step';
  readonly name: string;
  readonly signal: SignalPlan;
  readonly windowMs: number;
  /** By bound; the outermost that holds counts. `above`: figure ≥ bound; `below`: figure ≤ bound. */
  readonly steps: readonly StepPlan[];
  /** Between two steps of this policy. Default 60 s. */
  readonly cooldownMs: number;
}

export interface StepPlan {
  readonly when: 'above' | 'below';
  readonly bound: number;
  /** Instances, or a share of those that there are, rounded up; negative removes. */
  readonly change: { readonly by: 'count' | 'share'; readonly amount: number };
}

export interface SchedulePolicyPlan {
  readonly policy: 'schedule';
  readonly name: string;
  /** Five fields. */
  readonly cron: string;
  /** IANA name; null = the machine's. */
  readonly zone: string | null;
  readonly min: number | null;
  readonly max: number | null;
  /** How long it holds; null = until another schedule of this service begins. */
  readonly forMs: number | null;
}

export interface EventPolicyPlan {
  readonly policy: 'event';
  readonly name: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly forMs: number;
  /** Multiplies what the other policies answered when it began, or `min` when that is more. */
  readonly times: number;
}

export interface PredictPolicyPlan {
  readonly policy: 'predict';
  readonly name: string;
  readonly shape: 'daily' | 'weekly';
  /** In-flight (offered load) per instance. */
  readonly target: number;
  /** How far ahead; at least the time that an instance needs to be ready. Default 10 min. */
  readonly leadMs: number;
  /** Quantile of the forecast's error that is planned for. Default 0.9. */
  readonly quantile: number;
}
