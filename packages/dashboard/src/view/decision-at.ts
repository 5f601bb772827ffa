/** Decisions over time: which one was in force at a moment, and what it weighed, in words. */
import type { Decision } from '../api/types.ts';

/** @param decisions The youngest first. @param at Unix milliseconds. @returns The last one until then; null: none is known. */
export function decisionAt(decisions: readonly Decision[], at: number): Decision | null {
  return decisions.find((decision) => decision.at <= at) ?? null;
}

/** Only those that changed the number; the youngest first. */
export function steps(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter(({ action }) => action !== 'none');
}

/** `4 → 6`, and what was done in a word. */
export function describeStep({ counts, wanted, action }: Decision): string {
  const word = { none: 'stayed', out: 'out', in: 'in', sleep: 'to sleep', wake: 'woken' }[action];
  return `${counts.wanted} → ${wanted} (${word})`;
}

/** A line for each bound that moved the number. */
export function describeBounds({ bounds }: Decision): readonly string[] {
  return bounds.map(({ bound, from, to, detail }) => `${bound}: ${from} → ${to}${detail === '' ? '' : ` (${detail})`}`);
}
