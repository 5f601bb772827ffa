/** The configuration library: `import { defineConfig, env } from 'sluice'`. What filters need of it is in `filters.ts`. */
export * from './filters.ts';
export type { ControlSettings } from './config/compile.ts';
export type { HealthInput, ReplicasInput, RunInput, ScalePolicyInput, ServiceInput, Target } from './config/define.ts';
export type { Fault } from './config/fault.ts';
export { configJsonSchema } from './config/json-schema.ts';
export type { Plan } from './config/plan.ts';
export type { ScalingFacts, SignalFunction } from './config/scaling-facts.ts';
export { loadPlan, planFrom, type PlanOptions, type PlanResult } from './io/load-plan.ts';
