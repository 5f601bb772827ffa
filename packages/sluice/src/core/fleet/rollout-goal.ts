/**
 * How many instances of each version a rollout needs in its phase, of `wanted` in all. Rolling: all of the new one, within surge and unavailable. A canary with share s has
 * ⌈s × wanted⌉ new ones beside ⌈(1 − s) × wanted⌉ old ones, each at least one: neither version gets more per instance than usual, for one instance more at most.
 * Blue-green: all of both.
 */
import { assert } from '../../base/assert.ts';
import { deployRoom } from './amount.ts';
import { sidesOf, type RolloutGoal } from './rollout-moves.ts';
import type { RolloutFacts, RolloutState } from './rollout-state.ts';

export function goalOf(state: RolloutState, { wanted, instances }: RolloutFacts): RolloutGoal {
  const { plan, from, to } = state;
  const { surge, unavailable } = deployRoom(plan, wanted);
  const goal: RolloutGoal = {
    grows: to,
    grown: wanted,
    others: 0,
    fills: null,
    most: wanted + surge,
    least: wanted - unavailable,
    isOthersLost: false,
    reason: `${from} is replaced by ${to}`,
  };
  switch (state.phase === 'paused' ? state.resumesTo : state.phase) {
    case 'canary':
      return { ...goal, ...canaryGoal(state, wanted), fills: from, most: wanted + Math.max(1, surge) };
    case 'starting-new':
      return { ...goal, others: wanted, fills: from, most: 2 * wanted };
    case 'keeping-old':
      // Old ones that are gone are not missed, unless it goes back.
      return { ...goal, others: wanted, most: 2 * wanted };
    case 'rolling-back':
      return { ...goal, grows: from, isOthersLost: true, reason: `${to} is rolled back` };
    default:
      return state.phase === 'paused' ? { ...goal, ...heldGoal(state, wanted, instances) } : goal;
  }
}

/** Whether the phase waits on purpose, so that the time does not count as spent on the deploy. */
export function isStopped({ phase, stepSince }: RolloutState): boolean {
  return phase === 'paused' || phase === 'keeping-old' || (phase === 'canary' && stepSince !== null);
}

function canaryGoal({ plan, step }: RolloutState, wanted: number): Pick<RolloutGoal, 'grown' | 'others'> {
  const at = plan.canary[step];
  assert(at !== undefined, 'a canary is at one of its steps');
  // Shares of floating point: 0.1 × 30 is a hair above 3.
  const part = (share: number): number => Math.min(wanted, Math.max(share > 0 ? 1 : 0, Math.ceil(share * wanted - 1e-9)));
  return { grown: part(at.share), others: part(1 - at.share) };
}

/** A rolling deploy that pauses keeps what it has of the new version; scaling is the old one's. */
function heldGoal(
  { from, to }: RolloutState,
  wanted: number,
  instances: RolloutFacts['instances'],
): Pick<RolloutGoal, 'grown' | 'others' | 'fills'> {
  const grown = Math.min(wanted, sidesOf(instances, to).grown.length);
  return { grown, others: wanted - grown, fills: from };
}
