/**
 * The life of one instance as a pure state machine: started, probed until it answers, used, restarted with backoff when it exits,
 * stopped by request and killed when it does not. State and event in; next state and effects out; the shell performs the effects.
 *
 *   stopped ──start──► starting ──answered──► ready
 *      ▲                  │  ▲                  │
 *      │                exited └──due── waiting ◄┘ exited
 *      └──exited── stopping ◄──stop── (any)
 */
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import { backoffDelay, type BackoffPolicy } from './backoff.ts';

export interface InstancePolicy {
  readonly backoff: BackoffPolicy;
  /** A run at least this long forgets the failures before it. */
  readonly steadyMs: number;
  /** Failures in a row from which it is called a crash loop, once. */
  readonly crashLoopAt: number;
  /** Between two probes of an instance that does not answer yet. */
  readonly probeEveryMs: number;
  /** An instance that has not answered by then is stopped and started again. */
  readonly startTimeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopTimeoutMs: number;
}

export const DEFAULT_INSTANCE_POLICY: InstancePolicy = {
  backoff: { baseMs: 100, maxMs: 30_000, jitter: 0.5 },
  steadyMs: 10_000,
  crashLoopAt: 3,
  probeEveryMs: 50,
  startTimeoutMs: 60_000,
  stopTimeoutMs: 10_000,
};

export type InstancePhase = 'stopped' | 'starting' | 'ready' | 'waiting' | 'stopping';

export interface InstanceState {
  readonly phase: InstancePhase;
  /** When the phase began; for `ready`, when the process was started. */
  readonly since: Instant;
  /** Exits in a row that came before a steady run. */
  readonly failures: number;
  /** Whether a process runs after the `stop`, so that it must not come back. */
  readonly isWanted: boolean;
}

export type InstanceEvent =
  | { readonly type: 'start' }
  /** The probe got an answer, or none. */
  | { readonly type: 'answered' }
  | { readonly type: 'silent' }
  /** The process is gone, for this reason ("exit code 1", "signal SIGKILL"). */
  | { readonly type: 'exited'; readonly reason: string }
  /** The time asked for by `wake` has come. */
  | { readonly type: 'due' }
  | { readonly type: 'stop' };

export type InstanceEffect =
  /** Start the process, then send `answered` or `silent` after each probe. */
  | { readonly type: 'spawn' }
  | { readonly type: 'probe'; readonly afterMs: number }
  | { readonly type: 'kill'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Send `due` after this time; replaces an earlier one. */
  | { readonly type: 'wake'; readonly afterMs: number }
  /** From now on it can, or can no longer, take requests. */
  | { readonly type: 'up' }
  | { readonly type: 'down' }
  | { readonly type: 'say'; readonly level: 'info' | 'warn' | 'error'; readonly what: string; readonly detail: string };

export interface InstanceStep {
  readonly state: InstanceState;
  readonly effects: readonly InstanceEffect[];
}

/** An instance that nobody has started yet. */
export function stoppedInstance(now: Instant): InstanceState {
  return { phase: 'stopped', since: now, failures: 0, isWanted: false };
}

/** Moves an instance on by one event. Events that mean nothing in the phase change nothing. */
export function stepInstance(
  state: InstanceState,
  event: InstanceEvent,
  now: Instant,
  random: Random,
  policy: InstancePolicy,
): InstanceStep {
  switch (event.type) {
    case 'start':
      return state.phase === 'stopped' ? launch(state, now) : { state: { ...state, isWanted: true }, effects: [] };
    case 'answered':
      return state.phase === 'starting' ? becomeReady(state, now) : unchanged(state);
    case 'silent':
      return state.phase === 'starting' ? stillSilent(state, now, policy) : unchanged(state);
    case 'exited':
      return exited(state, event.reason, now, random, policy);
    case 'due':
      return due(state, now);
    case 'stop':
      return stop(state, now, policy);
  }
}

function unchanged(state: InstanceState): InstanceStep {
  return { state, effects: [] };
}

function launch(state: InstanceState, now: Instant): InstanceStep {
  return {
    state: { ...state, phase: 'starting', since: now, isWanted: true },
    effects: [{ type: 'spawn' }, { type: 'probe', afterMs: 0 }],
  };
}

function becomeReady(state: InstanceState, now: Instant): InstanceStep {
  const tookMs = Math.round(now - state.since);
  return {
    // `since` stays: a run is steady counted from the start of its process.
    state: { ...state, phase: 'ready' },
    effects: [{ type: 'up' }, { type: 'say', level: 'info', what: 'instance-ready', detail: `ready after ${tookMs} ms` }],
  };
}

function stillSilent(state: InstanceState, now: Instant, policy: InstancePolicy): InstanceStep {
  if (now - state.since < policy.startTimeoutMs) return { state, effects: [{ type: 'probe', afterMs: policy.probeEveryMs }] };
  const detail = `did not answer its probe within ${policy.startTimeoutMs} ms of its start: stopping it to start it again`;
  return {
    state: { ...state, phase: 'stopping', since: now },
    effects: [
      { type: 'say', level: 'warn', what: 'instance-silent', detail },
      { type: 'kill', signal: 'SIGTERM' },
      { type: 'wake', afterMs: policy.stopTimeoutMs },
    ],
  };
}

function exited(state: InstanceState, reason: string, now: Instant, random: Random, policy: InstancePolicy): InstanceStep {
  if (state.phase === 'stopped' || state.phase === 'waiting') return unchanged(state);
  const effects: InstanceEffect[] = state.phase === 'ready' ? [{ type: 'down' }] : [];
  if (!state.isWanted) return { state: { ...state, phase: 'stopped', since: now, failures: 0 }, effects };
  const ranMs = Math.round(now - state.since);
  const isSteady = state.phase === 'ready' && ranMs >= policy.steadyMs;
  const failures = isSteady ? 1 : state.failures + 1;
  const afterMs = backoffDelay(policy.backoff, failures, random);
  const text = `${reason} after ${ranMs} ms; next start in ${afterMs} ms`;
  if (failures < policy.crashLoopAt) effects.push({ type: 'say', level: 'warn', what: 'instance-exited', detail: text });
  if (failures === policy.crashLoopAt) {
    const detail = `keeps exiting (${failures} times in a row, last: ${text}, then up to ${policy.backoff.maxMs} ms apart; not said again until it runs for ${policy.steadyMs} ms)`;
    effects.push({ type: 'say', level: 'error', what: 'instance-crash-loop', detail });
  }
  effects.push({ type: 'wake', afterMs });
  return { state: { ...state, phase: 'waiting', since: now, failures }, effects };
}

function due(state: InstanceState, now: Instant): InstanceStep {
  if (state.phase === 'waiting') return launch(state, now);
  if (state.phase !== 'stopping') return unchanged(state);
  const say: InstanceEffect = {
    type: 'say',
    level: 'warn',
    what: 'instance-killed',
    detail: 'did not stop in time after SIGTERM: SIGKILL sent',
  };
  return { state, effects: [say, { type: 'kill', signal: 'SIGKILL' }] };
}

function stop(state: InstanceState, now: Instant, policy: InstancePolicy): InstanceStep {
  switch (state.phase) {
    case 'stopped':
      return unchanged(state);
    case 'waiting':
      return { state: { ...state, phase: 'stopped', since: now, failures: 0, isWanted: false }, effects: [] };
    case 'stopping':
      return { state: { ...state, isWanted: false }, effects: [] };
    case 'starting':
    case 'ready': {
      const effects: InstanceEffect[] = state.phase === 'ready' ? [{ type: 'down' }] : [];
      effects.push({ type: 'kill', signal: 'SIGTERM' }, { type: 'wake', afterMs: policy.stopTimeoutMs });
      return { state: { ...state, phase: 'stopping', since: now, isWanted: false }, effects };
    }
  }
}
