/** What filters and configurations need of the library, and nothing that is heavy: `import { defineFilter } from 'sluice'` in a worker loads this (`worker-index.ts`). */
export { type Config, defineConfig, type RouteInput } from './config/define.ts';
export { type TestedFilter, testFilter, type TestFilterInput } from './config/test-filter.ts';
export {
  ContentTooLarge,
  defineFilter,
  type FilterAnswer,
  type FilterClient,
  type FilterFunction,
  type FilterHeaders,
  type FilterNext,
  type FilterReply,
  type FilterRequest,
  type FilterResult,
  RequestOver,
} from './core/filters/custom-filter.ts';
export * from './config/filters.ts';
export { env } from './io/env.ts';
