/**
 * The last decisions of a service. Those that changed something have a ring of their own, so that an hour of decisions that changed
 * nothing does not push out why there are as many instances as there are; of decisions that changed nothing and saw the same, the last is kept.
 * Bounded to 250 of each.
 */
import type { Decision } from '../../core/scaling/decision.ts';

const KEPT = 250;

export class DecisionLog {
  readonly #changes: Decision[] = [];
  readonly #others: Decision[] = [];
  #last: Decision | null = null;

  get last(): Decision | null {
    return this.#last;
  }

  add(decision: Decision): void {
    const isChange = decision.action !== 'none';
    if (!isChange && this.#last !== null && isSame(this.#last, decision)) this.#others.pop();
    const ring = isChange ? this.#changes : this.#others;
    ring.push(decision);
    if (ring.length > KEPT) ring.shift();
    this.#last = decision;
  }

  /**
   * The youngest first.
   * @param isChanges Only those that changed the number, at most `limit`, after the last of all.
   */
  list(limit: number, isChanges = false): Decision[] {
    const most = Math.max(0, limit);
    if (isChanges) {
      const now = this.#others.slice(-1).filter((other) => other === this.#last);
      return [...now, ...this.#changes.toReversed().slice(0, most)];
    }
    return [...this.#changes, ...this.#others].toSorted((a, b) => b.at - a.at).slice(0, most);
  }
}

/** Whether both changed nothing, and looked at the same. */
function isSame(before: Decision, decision: Decision): boolean {
  if (before.action !== 'none' || decision.action !== 'none') return false;
  if (before.wanted !== decision.wanted || before.raw !== decision.raw || before.winner !== decision.winner) return false;
  const { counts } = before;
  const { ready, warm, starting, wanted } = decision.counts;
  if (counts.ready !== ready || counts.warm !== warm || counts.starting !== starting || counts.wanted !== wanted) return false;
  if (before.answers.length !== decision.answers.length || before.bounds.length !== decision.bounds.length) return false;
  const hasSameBounds = before.bounds.every(({ bound, from, to }, index) => {
    const other = decision.bounds[index];
    return other?.bound === bound && other.from === from && other.to === to;
  });
  return hasSameBounds && before.answers.every((answer, index) => isSameAnswer(answer, decision.answers[index]!));
}

function isSameAnswer(before: Decision['answers'][number], answer: Decision['answers'][number]): boolean {
  return (
    before.policy === answer.policy && before.figure === answer.figure && before.wanted === answer.wanted && before.holds === answer.holds
  );
}
