/**
 * How one version of a service takes another's place: rolling, canary, blue-green; pause, promote, roll back. A pure state machine: what there is
 * and `now` in, what to do out. The shell (`control/fleet/service-fleet.ts`) performs it and calls again when anything has changed, and each second.
 */
export type * from './rollout-state.ts';
