/** Looks at the rules, keeps what fires, and has the sinks told. */
import type { AlertPlan } from '../../config/alert-plan.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../../observe/alert-status.ts';

export class AlertLoop {
  /** From now on these rules. */
  follow(_plan: AlertPlan): void {}

  /** Something happened. */
  heard(_event: EventEntry): void {}

  list(): readonly AlertStatus[] {
    return [];
  }

  rules(): readonly AlertRuleStatus[] {
    return [];
  }

  silences(): readonly SilenceStatus[] {
    return [];
  }

  silence(_match: Readonly<Record<string, string>>, _forMs: number, _by: string, _comment: string): SilenceStatus {
    throw new Error('there are no silences yet');
  }

  unsilence(_id: string): boolean {
    return false;
  }

  async test(_sink: string | null): Promise<readonly { readonly sink: string; readonly problem: string | null }[] | null> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
