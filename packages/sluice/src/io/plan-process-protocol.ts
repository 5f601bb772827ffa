/** What the gateway's process and the configuration process say to each other, over a pipe that only the two of them have. */
import type { ControlSettings } from '../config/compile.ts';
import type { Fault } from '../config/fault.ts';
import type { Plan } from '../config/plan.ts';
import type { PackedRoutes } from '../config/route-message.ts';
import type { PlanOptions } from './load-plan.ts';
import type { FileState } from './file-state.ts';

/** Where the configuration stands: a file (null: the one in the working directory), or a value that a command made. */
export type PlanSource = { readonly kind: 'file'; readonly path: string | null } | { readonly kind: 'value'; readonly value: object };

/** To the configuration process. */
export interface PlanQuestion {
  /** Rises by one with each question. */
  readonly id: number;
  readonly source: PlanSource;
  readonly options: PlanOptions;
  /** The answer of this process whose routes the asker still has; 0 = none. */
  readonly base: number;
}

/** From the configuration process: it can be asked, or an answer. */
export type FromPlanProcess = { readonly type: 'ready' } | { readonly type: 'answer'; readonly id: number; readonly result: PackedResult };

/** A `PlanResult` as it travels: routes are many, and mostly those that the asker has. */
export type PackedResult =
  | {
      readonly ok: true;
      readonly path: string | null;
      readonly plan: Omit<Plan, 'routes'>;
      readonly routes: PackedRoutes;
      readonly settings: ControlSettings;
      readonly warnings: readonly Fault[];
      readonly outdated: readonly Fault[];
      readonly files: readonly FileState[];
    }
  | { readonly ok: false; readonly path: string | null; readonly faults: readonly Fault[] };
