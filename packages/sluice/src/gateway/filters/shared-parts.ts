/**
 * What filters of one worker share, by name, over changes of the plan: a connection to a store, a set of keys, a table in shared memory. A part lives as long as some plan asks for it: those
 * that nobody asked for during a whole plan are closed, a while later: requests that began under an earlier plan may still wait for one.
 */
export interface SharedPart {
  close?(): void;
}

/** Longer than a request waits for anything in a filter. */
const CLOSED_AFTER_MS = 60_000;

interface Kept {
  readonly part: SharedPart;
  /** In which it was asked for last. */
  plan: number;
  /** Closes it. */
  timer: NodeJS.Timeout | null;
}

export class SharedParts {
  /** Memory that the control plane gave to all workers, by name (`config/shared-memory-plan.ts`). */
  memories: Readonly<Record<string, SharedArrayBuffer>> = {};
  private readonly parts = new Map<string, Kept>();
  private plan = 0;

  /**
   * The part of this name, made at the first asking.
   * @param name Has everything in it by which two parts may differ, the kind first: `jwks https://…`.
   */
  get<Part extends object>(name: string, make: () => Part): Part {
    const kept = this.parts.get(name);
    if (kept !== undefined) {
      kept.plan = this.plan;
      if (kept.timer !== null) clearTimeout(kept.timer);
      kept.timer = null;
      return kept.part as Part;
    }
    const part = make();
    this.parts.set(name, { part, plan: this.plan, timer: null });
    return part;
  }

  /** A plan has been applied: from now on, routes are compiled by it. Parts of routes that are not in use yet stay until the next plan. */
  nextPlan(memories: Readonly<Record<string, SharedArrayBuffer>>): void {
    this.memories = memories;
    for (const [name, kept] of this.parts) {
      if (kept.plan < this.plan) kept.timer ??= setTimeout(() => this.end(name, kept), CLOSED_AFTER_MS).unref();
    }
    this.plan++;
  }

  /** The worker ends. */
  close(): void {
    for (const [name, kept] of this.parts) this.end(name, kept);
  }

  private end(name: string, { part, timer }: Kept): void {
    if (timer !== null) clearTimeout(timer);
    this.parts.delete(name);
    part.close?.();
  }
}
