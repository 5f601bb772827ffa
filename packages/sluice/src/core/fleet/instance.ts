/**
 * The life of one instance as a pure state machine: started, probed until it answers, used, taken out while it does not answer, restarted with
 * backoff when it ends, drained and then ended by request. State and event in; next state and effects out; the shell (`local-instance.ts`)
 * performs the effects. The picture is in `instance-view.ts`; what follows an end is in `instance-failure.ts`.
 *
 * Being ready or not is what the instance's own probe says; health checks of the service look at its endpoint independently.
 */
import { durationText } from '../../base/duration.ts';
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import { exited, gone, isSteady, startFailed } from './instance-failure.ts';
import type { InstanceEffect, InstanceEvent, InstancePolicy, InstanceSaying, InstanceState, InstanceStep } from './instance-state.ts';

/** Silent probes in a row after which a ready instance is taken out. */
const SILENCES_MAX = 2;
/** An instance that was not drained in time may have WebSockets whose goodbye takes up to 1.5 s after the endpoint left. */
const GOODBYE_MS = 1_500;
/** What the balancer is given on top of its deadline, and to take note of a change, before things go on without its word. */
const SLACK_MS = 5_000;
/** SIGKILL is sent again so long after one that led to nothing: an engine may have been away. At least. */
const KILL_AGAIN_MS = 1_000;

/** What an event is judged with. */
interface Moment {
  readonly now: Instant;
  readonly random: Random;
  readonly policy: InstancePolicy;
}

/** Moves an instance on by one event. Events that mean nothing in the phase change nothing. */
export function stepInstance(
  state: InstanceState,
  event: InstanceEvent,
  now: Instant,
  random: Random,
  policy: InstancePolicy,
): InstanceStep {
  const moment: Moment = { now, random, policy };
  if (state.phase === 'stopped') return unchanged(state);
  switch (event.type) {
    case 'start':
      return state.phase === 'waiting' ? launch(state, now) : unchanged(state);
    case 'adopted':
      return adopted(state, event.isReady, moment);
    case 'started':
      return started(state, moment);
    case 'start-failed':
      return startFailed(state, event, now, random, policy);
    case 'answered':
      return answered(state, moment);
    case 'silent':
      return silent(state, moment);
    case 'exited':
      return exited(state, event, now, random, policy);
    case 'due':
      return due(state, moment);
    case 'drain':
      return drain(state, event.reason, moment);
    case 'drained':
      return state.phase === 'draining' ? drained(state, event.inflight, moment) : unchanged(state);
    case 'parted':
      return state.phase === 'draining' && state.isParting ? terminate(state, moment) : unchanged(state);
    case 'stop':
      return stop(state, moment);
    case 'kill':
      return kill(state, moment);
  }
}

/**
 * How long to wait before a starting instance is asked again: 5 ms at first and then a tenth of the time that it has taken so far, up to 50 ms,
 * so that its being ready is noticed at once; from 2.5 s on a fiftieth, up to 500 ms, so that many slow ones cost little.
 */
function startPauseMs(tookMs: number): number {
  return Math.max(5, Math.min(50, tookMs / 10), Math.min(500, tookMs / 50));
}

function unchanged(state: InstanceState): InstanceStep {
  return { state, effects: [] };
}

function launch(state: InstanceState, now: Instant): InstanceStep {
  return {
    state: { ...state, phase: 'starting', since: now, run: 'ordered', hasAnswered: false, silences: 0 },
    effects: [{ type: 'spawn' }],
  };
}

function adopted(state: InstanceState, isReady: boolean, moment: Moment): InstanceStep {
  if (state.phase !== 'waiting') return unchanged(state);
  const { now } = moment;
  const next: InstanceState = { ...state, phase: 'starting', since: now, run: 'running', runSince: now, runs: state.runs + 1 };
  if (!isReady) return { state: next, effects: [firstProbe()] };
  return {
    state: { ...next, phase: 'ready', isUp: true, hasAnswered: true },
    effects: [{ type: 'up' }, say('info', 'instance-adopted', 'runs since an earlier life of Sluice'), nextProbe(moment)],
  };
}

function started(state: InstanceState, moment: Moment): InstanceStep {
  if (state.run !== 'ordered') return unchanged(state);
  const { now, policy } = moment;
  const next: InstanceState = { ...state, run: 'running', runSince: now, runs: state.runs + 1, refusals: 0 };
  if (state.phase === 'starting') return { state: next, effects: [firstProbe()] };
  // Stopped in the meantime.
  return { state: next, effects: ending(state.isKilled ? 'SIGKILL' : 'SIGTERM', policy) };
}

function answered(state: InstanceState, moment: Moment): InstanceStep {
  if (state.run !== 'running') return unchanged(state);
  switch (state.phase) {
    case 'starting':
      return ready(state, 'instance-ready', `ready after ${durationText(moment.now - state.since)}`, moment);
    case 'unready':
      return ready(state, 'instance-ready-again', `answers again after ${durationText(moment.now - state.since)}`, moment);
    case 'ready': {
      const isForgiven = isSteady(state, moment.now, moment.policy);
      const next = isForgiven ? { ...state, silences: 0, failures: 0, trouble: null } : { ...state, silences: 0 };
      return { state: next, effects: [nextProbe(moment)] };
    }
    default:
      return unchanged(state);
  }
}

function ready(state: InstanceState, what: string, detail: string, moment: Moment): InstanceStep {
  const { now, policy } = moment;
  // Who kept ending is believed only after a steady run.
  const trouble = state.failures >= policy.restart.crashLoopAt ? state.trouble : null;
  return {
    state: { ...state, phase: 'ready', since: now, isUp: true, hasAnswered: true, silences: 0, trouble },
    effects: [{ type: 'up' }, say('info', what, detail), nextProbe(moment)],
  };
}

function silent(state: InstanceState, moment: Moment): InstanceStep {
  if (state.run !== 'running') return unchanged(state);
  const { now, policy } = moment;
  switch (state.phase) {
    case 'starting': {
      const tookMs = now - state.runSince;
      if (tookMs >= policy.ready.withinMs) return neverReady(state, moment);
      return { state, effects: [{ type: 'probe', afterMs: jittered(startPauseMs(tookMs), moment) }] };
    }
    case 'ready': {
      const silences = state.silences + 1;
      if (silences >= SILENCES_MAX) return unready({ ...state, silences }, moment);
      return { state: { ...state, silences }, effects: [nextProbe(moment)] };
    }
    case 'unready':
      if (policy.unreadyTimeoutMs > 0 && now - state.since >= policy.unreadyTimeoutMs) return replace(state, moment);
      return { state, effects: [nextProbe(moment)] };
    default:
      return unchanged(state);
  }
}

function neverReady(state: InstanceState, moment: Moment): InstanceStep {
  const detail = `no answer to its probe within ${durationText(moment.policy.ready.withinMs)} of its start: stopped, to be started again`;
  const step = terminate({ ...state, trouble: { kind: 'never-ready', detail } }, moment);
  // From the crash loop on, that was said once.
  if (state.failures >= moment.policy.restart.crashLoopAt) return step;
  const saying: InstanceSaying = { type: 'say', level: 'warn', what: 'instance-never-ready', detail, trouble: 'never-ready' };
  return { state: step.state, effects: [saying, ...step.effects] };
}

function unready(state: InstanceState, moment: Moment): InstanceStep {
  const { now, policy } = moment;
  const until =
    policy.unreadyTimeoutMs === 0 ? 'until it answers' : `replaced unless it answers within ${durationText(policy.unreadyTimeoutMs)}`;
  const detail = `${state.silences} probes in a row without an answer: out of routing, ${until}`;
  return {
    state: { ...state, phase: 'unready', since: now, isUp: false, trouble: { kind: 'unready', detail } },
    effects: [{ type: 'down' }, { type: 'say', level: 'warn', what: 'instance-unready', detail, trouble: 'unready' }, nextProbe(moment)],
  };
}

/** Out of routing already; what is in flight may finish. */
function replace(state: InstanceState, moment: Moment): InstanceStep {
  const detail = `no answer for ${durationText(moment.policy.unreadyTimeoutMs)}: drained and replaced`;
  const step = beginDrain({ ...state, trouble: { kind: 'unready', detail } }, moment);
  return { state: step.state, effects: [say('warn', 'instance-replaced', detail), ...step.effects] };
}

function beginDrain(state: InstanceState, { now, policy }: Moment): InstanceStep {
  const deadlineMs = policy.drainTimeoutMs;
  return {
    state: { ...state, phase: 'draining', since: now, isParting: false },
    effects: [
      { type: 'drain', deadlineMs },
      { type: 'wake', afterMs: deadlineMs + SLACK_MS },
    ],
  };
}

function drain(state: InstanceState, reason: string, moment: Moment): InstanceStep {
  const leaving: InstanceState = { ...state, isWanted: false };
  switch (state.phase) {
    case 'waiting':
      return gone(leaving, moment.now);
    case 'starting':
      return terminate(leaving, moment);
    case 'ready':
    case 'unready': {
      const step = beginDrain(leaving, moment);
      return { state: step.state, effects: [say('info', 'instance-draining', reason), ...step.effects] };
    }
    default:
      return unchanged(leaving);
  }
}

function drained(state: InstanceState, inflight: number, moment: Moment): InstanceStep {
  if (state.isParting) return unchanged(state);
  const effects: InstanceEffect[] = [];
  if (inflight > 0) {
    const detail = `${inflight} still in flight after ${durationText(moment.policy.drainTimeoutMs)}: ended all the same`;
    effects.push(say('warn', 'instance-drain-late', detail));
  }
  if (!state.isUp) {
    const step = terminate(state, moment);
    return { state: step.state, effects: [...effects, ...step.effects] };
  }
  const afterMs = inflight > 0 ? GOODBYE_MS : 0;
  effects.push({ type: 'down' }, { type: 'part', afterMs }, { type: 'wake', afterMs: afterMs + SLACK_MS });
  return { state: { ...state, isUp: false, isParting: true }, effects };
}

/** SIGTERM now, or as soon as it runs. */
function terminate(state: InstanceState, { now, policy }: Moment): InstanceStep {
  const effects: InstanceEffect[] = state.isUp ? [{ type: 'down' }] : [];
  if (state.run === 'running') effects.push(...ending('SIGTERM', policy));
  return { state: { ...state, phase: 'stopping', since: now, isUp: false, isParting: false }, effects };
}

function ending(signal: 'SIGTERM' | 'SIGKILL', policy: InstancePolicy): readonly InstanceEffect[] {
  const afterMs = signal === 'SIGTERM' ? policy.stopTimeoutMs : Math.max(KILL_AGAIN_MS, policy.stopTimeoutMs);
  return [
    { type: 'signal', signal },
    { type: 'wake', afterMs },
  ];
}

function due(state: InstanceState, moment: Moment): InstanceStep {
  switch (state.phase) {
    case 'waiting':
      return launch(state, moment.now);
    case 'draining':
      // Nobody said that the drain, or the change, is over.
      return terminate(state, moment);
    case 'stopping':
      return state.run === 'running' ? killLate(state, moment) : unchanged(state);
    default:
      return unchanged(state);
  }
}

function killLate(state: InstanceState, { policy }: Moment): InstanceStep {
  const effects = ending('SIGKILL', policy);
  if (state.isKilled || state.hasIgnoredSigterm) return { state, effects };
  const detail = `still there ${durationText(policy.stopTimeoutMs)} after SIGTERM: SIGKILL sent`;
  const saying: InstanceSaying = { type: 'say', level: 'warn', what: 'instance-ignores-sigterm', detail, trouble: 'ignores-sigterm' };
  // Why it is to be started again counts more.
  const trouble = state.isWanted ? state.trouble : { kind: 'ignores-sigterm' as const, detail };
  return { state: { ...state, hasIgnoredSigterm: true, trouble }, effects: [saying, ...effects] };
}

function stop(state: InstanceState, moment: Moment): InstanceStep {
  const leaving: InstanceState = { ...state, isWanted: false };
  if (state.phase === 'waiting') return gone(leaving, moment.now);
  return state.phase === 'stopping' ? unchanged(leaving) : terminate(leaving, moment);
}

function kill(state: InstanceState, { now, policy }: Moment): InstanceStep {
  const leaving: InstanceState = { ...state, isWanted: false, isKilled: true };
  if (state.phase === 'waiting') return gone(leaving, now);
  const effects: InstanceEffect[] = state.isUp ? [{ type: 'down' }] : [];
  if (state.run === 'running') effects.push(...ending('SIGKILL', policy));
  return { state: { ...leaving, phase: 'stopping', since: now, isUp: false, isParting: false }, effects };
}

function firstProbe(): InstanceEffect {
  return { type: 'probe', afterMs: 5 };
}

/** Jittered, so that the probes of many instances do not come at once. */
function nextProbe(moment: Moment): InstanceEffect {
  return { type: 'probe', afterMs: jittered(moment.policy.ready.intervalMs, moment) };
}

/** @returns ms × [0.8, 1.2), whole. */
function jittered(ms: number, { random }: Moment): number {
  return Math.round(ms * (0.8 + 0.4 * random()));
}

function say(level: InstanceSaying['level'], what: string, detail: string): InstanceSaying {
  return { type: 'say', level, what, detail, trouble: null };
}
