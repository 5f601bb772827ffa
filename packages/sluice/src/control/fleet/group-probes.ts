/**
 * Readiness by our own probe, where `ready` asks for one, on top of what the platform says: a machine is in service before its program listens. A member
 * counts from its first answer, and no more after three silences in a row. One probe per ready member each `ready.intervalMs`; with `none`, nothing.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { ReadyPlan } from '../../config/fleet-plan.ts';
import type { ProbeReadiness } from '../../io/readiness.ts';
import type { GroupMember } from './group.ts';

interface Probed {
  member: GroupMember;
  hasAnswered: boolean;
  silences: number;
  next: Cancel | null;
}

/** One that has not answered yet is asked more often. */
const STARTING_MS = 250;
const SILENCES_MAX = 3;

export class GroupProbes implements Disposable {
  readonly #runtime: Runtime;
  readonly #probe: ProbeReadiness;
  readonly #changed: () => void;
  readonly #probed = new Map<string, Probed>();
  #plan: ReadyPlan;

  /** @param changed `apply` would tell something else now. */
  constructor(plan: ReadyPlan, runtime: Runtime, probe: ProbeReadiness, changed: () => void) {
    this.#plan = plan;
    this.#runtime = runtime;
    this.#probe = probe;
    this.#changed = changed;
  }

  update(plan: ReadyPlan): void {
    this.#plan = plan;
  }

  /** The members, with those unready that have not answered. */
  apply(members: readonly GroupMember[]): readonly GroupMember[] {
    if (this.#plan.probe.kind === 'none') return members;
    const names = new Set(members.map(({ name }) => name));
    for (const [name, { next }] of this.#probed) {
      if (names.has(name)) continue;
      next?.();
      this.#probed.delete(name);
    }
    return members.map((member) => {
      if (member.phase !== 'ready') return member;
      return this.#follow(member).hasAnswered ? member : { ...member, phase: 'unready' };
    });
  }

  [Symbol.dispose](): void {
    for (const { next } of this.#probed.values()) next?.();
    this.#probed.clear();
  }

  #follow(member: GroupMember): Probed {
    const known = this.#probed.get(member.name);
    if (known !== undefined) {
      known.member = member;
      return known;
    }
    const probed: Probed = { member, hasAnswered: false, silences: 0, next: null };
    this.#probed.set(member.name, probed);
    void this.#ask(probed);
    return probed;
  }

  async #ask(probed: Probed): Promise<void> {
    const { probe, timeoutMs } = this.#plan;
    const target = probed.member.address;
    const isUp = target !== null && (await this.#probe({ target, probe, timeoutMs }));
    if (this.#probed.get(probed.member.name) !== probed) return;
    probed.silences = isUp ? 0 : probed.silences + 1;
    const hasAnswered = isUp || (probed.hasAnswered && probed.silences < SILENCES_MAX);
    const isOther = hasAnswered !== probed.hasAnswered;
    probed.hasAnswered = hasAnswered;
    const delayMs = hasAnswered ? this.#plan.intervalMs : Math.min(STARTING_MS, this.#plan.intervalMs);
    probed.next = this.#runtime.timers.after(delayMs, () => void this.#ask(probed));
    if (isOther) this.#changed();
  }
}
