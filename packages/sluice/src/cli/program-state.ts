import type { ReloadResult } from '../admin/backend.ts';

/** What only the program knows. */
export interface ProgramState {
  readonly version: string;
  readonly startedAtMs: number;
  phase(): 'ready' | 'starting' | 'draining';
  readonly reload: (by: string) => Promise<ReloadResult>;
  reloads(): { readonly applied: number; readonly refused: number };
}
