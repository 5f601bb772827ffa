/**
 * How many a group is to have: what the platform says, what we wrote, what is asked of us and not written yet. Tells our own writes, which the
 * platform shows sooner or later, from those of others (kubectl, an autoscaler), which are taken over as what there is. Numbers only.
 */
import type { GroupOrder } from './group-writer.ts';

export class GroupLedger {
  /** The platform's number, our writes in it; null: never seen. */
  #desired: number | null = null;
  /** The last that the platform showed. */
  #shown: number | null = null;
  /** Asked of us and not yet part of `desired`; negative where places were taken back. */
  #pending = 0;
  /** Written, not shown yet; oldest first. */
  #own: number[] = [];
  #order: GroupOrder | null = null;

  get desired(): number {
    return this.#desired ?? 0;
  }

  get pending(): number {
    return this.#pending;
  }

  get expected(): number {
    return Math.max(0, this.desired + this.#pending);
  }

  ask(difference: number): void {
    this.#pending += difference;
  }

  /** @returns The number that somebody else changed it from; null: nobody did. */
  show(desired: number): number | null {
    if (this.#shown === desired) return null;
    this.#shown = desired;
    if (this.#desired === null) {
      this.#desired = desired;
      // Asked before anything was seen: what there is counts for it, or it would be started twice.
      this.#pending = Math.max(0, this.#pending - desired);
      return null;
    }
    if (this.#order !== null && (desired === this.#order.from || desired === this.#order.to)) return null;
    const own = this.#own.indexOf(desired);
    this.#own = own === -1 ? [] : this.#own.slice(own + 1);
    if (own !== -1 || desired === this.#desired) return null;
    const before = this.#desired;
    this.#desired = desired;
    return before;
  }

  /** From now on the number counts as written. */
  begin(order: GroupOrder): void {
    this.#order = order;
    this.#desired = order.to;
    if (order.type === 'resize') this.#pending -= order.to - order.from;
  }

  done(order: GroupOrder): void {
    this.#order = null;
    if (this.#shown !== order.to) this.#own.push(order.to);
  }

  /** It was not done: what was asked is still to be done. */
  undo(order: GroupOrder): void {
    this.#order = null;
    this.#desired = this.#shown ?? order.from;
    if (order.type === 'resize') this.#pending += order.to - order.from;
  }

  /** It may have been done before somebody else wrote: what there is counts, nothing is repeated. */
  drop(): void {
    this.#order = null;
    this.#desired = this.#shown ?? this.desired;
  }
}
