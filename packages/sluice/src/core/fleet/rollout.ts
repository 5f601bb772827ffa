/**
 * How one version of a service takes another's place: rolling, canary, blue-green; pause, promote, roll back. A pure state machine: what there is
 * and `now` in, what to do out. The shell (`control/fleet/service-fleet.ts`) performs it and calls again when anything has changed, and each second.
 *
 * `wanted` may change at any time: every phase works out anew how many of each version it needs of so many. Protection (`sluice protect`) holds against scale-in, not against
 * deploys: an old version cannot stay for ever. A new version that keeps crashing, is not done in time or whose requests are worse goes back in every phase.
 */
import { durationText } from '../../base/duration.ts';
import { unreachable } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { judgeCanary, NO_LOOKS } from './canary-guard.ts';
import type { DeployPlan } from './deploy-policy.ts';
import { goalOf, isStopped } from './rollout-goal.ts';
import { moveTowards, sidesOf, countSteady } from './rollout-moves.ts';
import type { RolloutAction, RolloutCommand, RolloutFacts, RolloutPhase, RolloutState, RolloutStep } from './rollout-state.ts';
import { crashedOf } from './rollout-trouble.ts';

export type * from './rollout-state.ts';

/** Begins to put `to` in the place of `from`; the first step follows at once. */
export function startRollout(plan: DeployPlan, from: string, to: string, now: Instant): RolloutState {
  const phases: Record<DeployPlan['strategy'], RolloutPhase> = {
    rolling: 'rolling',
    canary: plan.canary.length === 0 ? 'rolling' : 'canary',
    'blue-green': 'starting-new',
  };
  const state: RolloutState = {
    plan,
    from,
    to,
    phase: phases[plan.strategy],
    resumesTo: null,
    startedAt: now,
    step: 0,
    stepSince: null,
    pausedMs: 0,
    steppedAt: now,
    isClockStopped: false,
    shares: null,
    guard: NO_LOOKS,
    epoch: 0,
    reason: '',
  };
  return { ...state, reason: describe(state) };
}

/** Whether there is nothing more to do. */
export function isOver({ phase }: RolloutState): boolean {
  return phase === 'done' || phase === 'rolled-back';
}

/** Goes on as far as the facts allow. */
export function stepRollout(before: RolloutState, facts: RolloutFacts): RolloutStep {
  if (isOver(before)) return { state: before, actions: [] };
  const { state, says } = advance(keepTime(before, facts.now), facts);
  const shares = sharesOf(state, facts);
  const actions: RolloutAction[] = [...says];
  if (!isSameSplit(before.shares, shares)) actions.push({ type: 'split', shares });
  if (!isOver(state)) actions.push(...moveTowards(goalOf(state, facts), facts, state.plan.steadyMs));
  return { state: { ...state, shares, isClockStopped: isStopped(state) || facts.wanted === 0 }, actions };
}

/**
 * What somebody asks of a rollout under way.
 * @returns What comes of it (then step at once), or why it is refused.
 */
export function commandRollout(state: RolloutState, command: RolloutCommand, now: Instant): RolloutStep | string {
  const timed = keepTime(state, now);
  const name = `the deploy of ${state.to}`;
  if (isOver(state)) return `${name} is over (${state.phase})`;
  if (state.phase === 'rolling-back') return `${name} is being rolled back already: ${state.reason}`;
  switch (command) {
    case 'pause':
      if (state.phase === 'paused') return `${name} is paused already`;
      return told(
        { ...timed, phase: 'paused', resumesTo: state.phase, reason: 'held where it is, until `sluice continue`', isClockStopped: true },
        'deploy-paused',
      );
    case 'resume': {
      if (state.phase !== 'paused') return `${name} is not paused`;
      const resumed: RolloutState = { ...timed, phase: state.resumesTo ?? 'rolling', resumesTo: null };
      return told({ ...resumed, reason: describe(resumed), isClockStopped: isStopped(resumed) }, 'deploy-resumed');
    }
    case 'promote': {
      if (state.stepSince === null || (state.phase !== 'canary' && state.phase !== 'keeping-old'))
        return `${name} does not wait for anything: ${state.reason}`;
      return told(nextStep(timed), 'deploy-promoted');
    }
    case 'rollback':
      return goBack(timed, 'asked for', 'warn');
    default:
      return unreachable(command);
  }
}

interface Advance {
  readonly state: RolloutState;
  readonly says: readonly RolloutAction[];
}

function advance(state: RolloutState, facts: RolloutFacts): Advance {
  if (state.phase === 'paused') return { state, says: [] };
  if (state.phase === 'rolling-back') return isBack(state, facts) ? finish(state, 'rolled-back') : { state, says: [] };
  const { guard, verdict } = judge(state, facts);
  const fault = crashedOf(state, facts.instances) ?? lateOf(state, facts) ?? verdict;
  if (fault !== null) {
    const { state: back, actions } = goBack({ ...state, guard }, fault);
    return { state: back, says: actions };
  }
  return advancePhase({ ...state, guard }, facts);
}

function advancePhase(state: RolloutState, facts: RolloutFacts): Advance {
  const { now, wanted } = facts;
  const { grown, others } = sidesOf(facts.instances, state.to);
  const steady = countSteady(grown, state.plan.steadyMs, facts);
  const enter = (changes: Partial<RolloutState>): Advance => say(entered(state, changes), 'deploy-step');
  if (state.phase === 'rolling') return others.length === 0 && steady >= wanted ? finish(state, 'done') : { state, says: [] };
  // Asleep: nothing shows whether it is good.
  if (wanted === 0) return { state, says: [] };
  if (state.stepSince === null) {
    if (steady < goalOf(state, facts).grown) return { state, says: [] };
    return enter(state.phase === 'starting-new' ? { phase: 'keeping-old', stepSince: now } : { stepSince: now });
  }
  const heldMs = state.phase === 'canary' ? state.plan.canary[state.step]!.pauseMs : state.plan.keepOldMs;
  return heldMs === null || now - state.stepSince < heldMs ? { state, says: [] } : say(nextStep(state), 'deploy-step');
}

/** After a step of a canary, or when the old ones need not stay any more. */
function nextStep(state: RolloutState): RolloutState {
  const hasNext = state.phase === 'canary' && state.step + 1 < state.plan.canary.length;
  return entered(state, hasNext ? { step: state.step + 1, stepSince: null } : { phase: 'rolling', stepSince: null });
}

function entered(state: RolloutState, changes: Partial<RolloutState>): RolloutState {
  const next = { ...state, ...changes, epoch: state.epoch + 1, guard: { ...state.guard, looksOfStep: 0 } };
  return { ...next, reason: describe(next) };
}

function goBack(state: RolloutState, reason: string, level: 'warn' | 'error' = 'error'): RolloutStep {
  return told(
    { ...state, phase: 'rolling-back', resumesTo: null, stepSince: null, reason, isClockStopped: false },
    'deploy-rolling-back',
    level,
  );
}

function finish(state: RolloutState, phase: 'done' | 'rolled-back'): Advance {
  const reason = phase === 'done' ? '' : state.reason;
  return say({ ...state, phase, reason }, `deploy-${phase}`, phase === 'done' ? 'info' : 'warn');
}

function isBack(state: RolloutState, { instances, wanted }: RolloutFacts): boolean {
  const { grown, others } = sidesOf(instances, state.from);
  return others.length === 0 && grown.length >= wanted;
}

function judge(state: RolloutState, { figures }: RolloutFacts): ReturnType<typeof judgeCanary> {
  const { guard, plan } = state;
  return plan.guard === null || figures === null ? { guard, verdict: null } : judgeCanary(guard, plan.guard, figures);
}

/** Past its time; what waits on purpose is not late. */
function lateOf(state: RolloutState, { now, wanted }: RolloutFacts): string | null {
  const spentMs = now - state.startedAt - state.pausedMs;
  if (state.phase === 'keeping-old' || wanted === 0 || spentMs <= state.plan.progressMs) return null;
  return `not done within ${durationText(state.plan.progressMs)} (deploy.progress)`;
}

function keepTime(state: RolloutState, now: Instant): RolloutState {
  const stoodMs = state.isClockStopped ? now - state.steppedAt : 0;
  return { ...state, pausedMs: state.pausedMs + stoodMs, steppedAt: now };
}

/** Shares of the requests by version in this phase. */
function sharesOf(state: RolloutState, facts: RolloutFacts): RolloutState['shares'] {
  switch (state.phase === 'paused' ? state.resumesTo : state.phase) {
    case 'canary':
      return state.stepSince === null ? (state.shares ?? split(state, 0)) : split(state, state.plan.canary[state.step]!.share);
    case 'starting-new':
      return split(state, 0);
    case 'keeping-old':
      return split(state, 1);
    case 'rolling-back':
      return sharesBack(state, facts);
    case 'rolling':
      // What has no requests any more gets none on its way out.
      return state.shares?.[state.to] === 1 ? state.shares : null;
    default:
      return null;
  }
}

/** The old version has everything again as soon as it can take it, and before that as much as it can. */
function sharesBack(state: RolloutState, facts: RolloutFacts): RolloutState['shares'] {
  if (state.shares === null) return null;
  const able = countSteady(sidesOf(facts.instances, state.from).grown, 0, facts) / Math.max(1, goalOf(state, facts).least);
  const share = Math.max(state.shares[state.from] ?? 0, Math.min(1, Math.round(able * 100) / 100));
  return split(state, 1 - share);
}

function split({ from, to }: RolloutState, share: number): Readonly<Record<string, number>> {
  // Shares of floating point: 1 − 0.9 is a hair below 0.1.
  const exact = Math.round(share * 1e9) / 1e9;
  return { [from]: Math.round((1 - exact) * 1e9) / 1e9, [to]: exact };
}

function isSameSplit(left: RolloutState['shares'], right: RolloutState['shares']): boolean {
  if (left === null || right === null) return left === right;
  return Object.keys(right).every((version) => left[version] === right[version]);
}

function told(state: RolloutState, what: string, level: 'info' | 'warn' | 'error' = 'info'): RolloutStep {
  return { state, actions: say(state, what, level).says };
}

function say(state: RolloutState, what: string, level: 'info' | 'warn' | 'error' = 'info'): Advance {
  const detail = `${state.from} to ${state.to}${state.reason === '' ? '' : `: ${state.reason}`}`;
  return { state, says: [{ type: 'say', level, what, detail }] };
}

/** What it does or waits for. */
function describe(state: RolloutState): string {
  const { plan, phase, step, stepSince } = state;
  const held = (ms: number | null): string => (ms === null ? 'until `sluice deploy --promote`' : `for ${durationText(ms)}`);
  if (phase === 'starting-new') return 'the new version starts beside the old one';
  if (phase === 'keeping-old') return `the new version has all requests; the old one stays ${held(plan.keepOldMs)}`;
  if (phase !== 'canary') return 'instances are replaced';
  const { share, pauseMs } = plan.canary[step]!;
  const which = `step ${step + 1} of ${plan.canary.length}: ${Math.round(share * 1_000) / 10} % of the requests`;
  return stepSince === null ? `${which}, when its instances are ready` : `${which}, held ${held(pauseMs)}`;
}
