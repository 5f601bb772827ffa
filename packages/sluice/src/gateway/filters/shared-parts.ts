/**
 * What filters of one worker share, by name, over changes of the plan: a connection to a store, a set of keys, a table in shared memory. A part lives as long as some plan asks for it: after
 * each plan, those that nobody asked for since are closed (`sweep`).
 */
export interface SharedPart {
  close?(): void;
}

export class SharedParts {
  /** Memory that the control plane gave to all workers, by name (`config/shared-memory-plan.ts`). */
  memories: Readonly<Record<string, SharedArrayBuffer>> = {};
  private readonly parts = new Map<string, { part: SharedPart; plan: number }>();
  private plan = 0;

  /**
   * The part of this name, made at the first asking.
   * @param name Has everything in it by which two parts may differ, the kind first: `jwks https://…`.
   */
  get<Part extends object>(name: string, make: () => Part): Part {
    const kept = this.parts.get(name);
    if (kept !== undefined) {
      kept.plan = this.plan;
      return kept.part as Part;
    }
    const part = make();
    this.parts.set(name, { part, plan: this.plan });
    return part;
  }

  /** A plan has been applied: from now on, routes are compiled by it. Parts of routes that are not in use yet stay until the next plan. */
  nextPlan(memories: Readonly<Record<string, SharedArrayBuffer>>): void {
    this.memories = memories;
    for (const [name, kept] of this.parts) {
      if (kept.plan >= this.plan) continue;
      this.parts.delete(name);
      kept.part.close?.();
    }
    this.plan++;
  }

  /** The worker ends. */
  close(): void {
    for (const { part } of this.parts.values()) part.close?.();
    this.parts.clear();
  }
}
