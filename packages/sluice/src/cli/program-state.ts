import type { ReloadResult } from '../admin/backend.ts';
import type { Plan } from '../config/plan.ts';

/** What only the program knows. */
export interface ProgramState {
  readonly version: string;
  readonly startedAtMs: number;
  phase(): 'ready' | 'starting' | 'draining';
  /** Applies a configuration that ran before. */
  readonly bringBack: (plan: Plan, by: string) => Promise<ReloadResult>;
  readonly reload: (by: string) => Promise<ReloadResult>;
  reloads(): { readonly applied: number; readonly refused: number };
}
