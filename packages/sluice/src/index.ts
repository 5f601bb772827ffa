/** The configuration library: `import { defineConfig, env } from 'sluice'`. */
export type { ControlSettings } from './config/compile.ts';
export {
  type Config,
  defineConfig,
  type HealthInput,
  type ReplicasInput,
  type RouteInput,
  type RunInput,
  type ScalePolicyInput,
  type ServiceInput,
  type Target,
} from './config/define.ts';
export type { Fault } from './config/fault.ts';
export { configJsonSchema } from './config/json-schema.ts';
export type { Plan } from './config/plan.ts';
export type { ScalingFacts, SignalFunction } from './config/scaling-facts.ts';
export { env } from './io/env.ts';
export { loadPlan, planFrom, type PlanOptions, type PlanResult } from './io/load-plan.ts';
