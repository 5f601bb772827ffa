/**
 * What follows when an instance ended or could not be started: gone for good where nobody wants it, else the wait before its next start.
 * A crash loop is said once, and waits at most `restart.maxMs`; a run of `restart.steadyMs` forgets it.
 */
import { durationText } from '../../base/duration.ts';
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import { backoffDelay } from './backoff.ts';
import type { InstanceEffect, InstanceEvent, InstancePolicy, InstanceState, InstanceStep } from './instance-state.ts';
import type { InstanceTrouble } from './instance-view.ts';

/** Share of a wait that is random: what ended together does not come back together. */
const JITTER = 0.5;

/** Whether this run has lasted so long that what failed before it is forgotten. */
export function isSteady(state: InstanceState, now: Instant, policy: InstancePolicy): boolean {
  return state.hasAnswered && now - state.runSince >= policy.restart.steadyMs;
}

/** Nobody wants it any more, and nothing runs. */
export function gone(state: InstanceState, now: Instant): InstanceStep {
  const effects: InstanceEffect[] = state.isUp ? [{ type: 'down' }, { type: 'gone' }] : [{ type: 'gone' }];
  return { state: { ...state, phase: 'stopped', since: now, run: 'none', isUp: false, isWanted: false }, effects };
}

/** It ended. */
export function exited(
  state: InstanceState,
  event: Extract<InstanceEvent, { type: 'exited' }>,
  now: Instant,
  random: Random,
  policy: InstancePolicy,
): InstanceStep {
  if (state.run === 'none') return { state, effects: [] };
  if (!state.isWanted) return gone(state, now);
  const { restart } = policy;
  const failures = isSteady(state, now, policy) ? 1 : state.failures + 1;
  const afterMs = wait(restart, failures, random);
  const isLoop = failures >= restart.crashLoopAt;
  const last = `${event.reason} after ${durationText(now - state.runSince)}`;
  const detail = isLoop
    ? `${failures} times in a row, last: ${last}; next start in ${durationText(afterMs)}, then up to ${durationText(restart.maxMs)} apart`
    : `${last}; next start in ${durationText(afterMs)}`;
  const kind = causeOf(state, event.isOutOfMemory, isLoop);
  const effects: InstanceEffect[] = state.isUp ? [{ type: 'down' }] : [];
  // Whoever had it stopped has said why.
  const isSaid = state.phase === 'stopping' || state.phase === 'draining';
  if (failures < restart.crashLoopAt && !isSaid) {
    effects.push({ type: 'say', level: 'warn', what: kind === 'exited' ? 'instance-exited' : `instance-${kind}`, detail, trouble: kind });
  }
  if (failures === restart.crashLoopAt) {
    const bounded = `${detail}; not said again until it runs for ${durationText(restart.steadyMs)}`;
    effects.push({ type: 'say', level: 'error', what: 'instance-crash-loop', detail: bounded, trouble: kind });
  }
  effects.push({ type: 'wake', afterMs });
  return { state: { ...waiting(state, now), failures, trouble: { kind, detail } }, effects };
}

/** It could not be started. */
export function startFailed(
  state: InstanceState,
  event: Extract<InstanceEvent, { type: 'start-failed' }>,
  now: Instant,
  random: Random,
  policy: InstancePolicy,
): InstanceStep {
  if (state.run !== 'ordered') return { state, effects: [] };
  if (!state.isWanted) return gone(state, now);
  const { restart } = policy;
  const isAway = event.retry === 'later';
  const refusals = isAway ? state.refusals + 1 : 0;
  const failures = isAway ? state.failures : state.failures + 1;
  // What never worked will hardly work soon; what worked before is being replaced, perhaps.
  const afterMs = wait(restart, isAway ? refusals : state.runs > 0 ? failures : Infinity, random);
  const kind: InstanceTrouble = isAway ? 'engine-away' : 'unstartable';
  const detail = `${event.reason}; next try in ${durationText(afterMs)}`;
  const effects: InstanceEffect[] = [];
  if (state.trouble?.kind !== kind) {
    const what = isAway ? 'engine-away' : 'instance-unstartable';
    effects.push({ type: 'say', level: isAway ? 'warn' : 'error', what, detail, trouble: kind });
  }
  effects.push({ type: 'wake', afterMs });
  return { state: { ...waiting(state, now), failures, refusals, trouble: { kind, detail } }, effects };
}

function waiting(state: InstanceState, now: Instant): InstanceState {
  return { ...state, phase: 'waiting', since: now, run: 'none', isUp: false, isParting: false, hasAnswered: false, silences: 0 };
}

/** Why it ended; what had it stopped counts more than how it ended. */
function causeOf(state: InstanceState, isOutOfMemory: boolean, isLoop: boolean): InstanceTrouble {
  if (isOutOfMemory) return 'out-of-memory';
  const { phase, trouble } = state;
  if (trouble !== null && (phase === 'stopping' || phase === 'draining')) return trouble.kind;
  return isLoop ? 'crash-loop' : 'exited';
}

function wait(restart: InstancePolicy['restart'], failures: number, random: Random): number {
  return backoffDelay({ baseMs: restart.baseMs, maxMs: restart.maxMs, jitter: JITTER }, failures, random);
}
