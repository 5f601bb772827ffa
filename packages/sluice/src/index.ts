/** The configuration library: `import { defineConfig } from 'sluice'`. */
export type { Plan } from './config/plan.ts';
