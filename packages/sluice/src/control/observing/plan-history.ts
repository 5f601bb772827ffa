/** The configurations that ran: what differed, who wanted it, and the way back. */
import type { PlanRecord } from '../../observe/plan-record.ts';

export class PlanHistory {
  current(): { readonly generation: number; readonly plan: unknown } {
    return { generation: 0, plan: null };
  }

  history(): readonly PlanRecord[] {
    return [];
  }

  get(_generation: number): unknown {
    return null;
  }

  diff(_from: number, _to: number): { readonly changes: readonly string[]; readonly diff: string } | null {
    return null;
  }

  async rollback(_generation: number, _by: string): Promise<'unknown'> {
    return 'unknown';
  }
}
