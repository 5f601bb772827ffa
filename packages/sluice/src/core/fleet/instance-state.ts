/**
 * What the state machine of an instance (`instance.ts`) knows, hears and does: state, events, effects, and the bounds it lives by. Plain data.
 */
import type { Instant } from '../../base/time.ts';
import type { InstancePhase, InstanceTrouble } from './instance-view.ts';

/** What the life of an instance is bounded by; a run plan of the configuration is it. Durations are milliseconds. */
export interface InstancePolicy {
  readonly ready: { readonly withinMs: number; readonly intervalMs: number };
  readonly drainTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly unreadyTimeoutMs: number;
  readonly restart: { readonly baseMs: number; readonly maxMs: number; readonly steadyMs: number; readonly crashLoopAt: number };
}

export interface InstanceState {
  readonly phase: InstancePhase;
  /** When the phase began. */
  readonly since: Instant;
  /** `ordered`: a start was asked for, and nothing is known of it yet. `running`: it runs. */
  readonly run: 'none' | 'ordered' | 'running';
  /** When it was known to run; the deadline of its start and steady runs are counted from here. */
  readonly runSince: Instant;
  /** How often it ran; the first one included. */
  readonly runs: number;
  /** Whether requests are sent to it: between `up` and `down`. */
  readonly isUp: boolean;
  /** Whether this run answered its probe once. */
  readonly hasAnswered: boolean;
  /** Whether it is started again after its end. */
  readonly isWanted: boolean;
  /** SIGKILL was asked for, without a SIGTERM before. */
  readonly isKilled: boolean;
  /** Its endpoint has left, and whoever sends requests is being told. */
  readonly isParting: boolean;
  /** Probes in a row without an answer, since it was ready. */
  readonly silences: number;
  /** Ends in a row that came before a steady run. */
  readonly failures: number;
  /** Starts in a row that the engine could not take. */
  readonly refusals: number;
  /** Whether it was said already that it does not end after SIGTERM. */
  readonly hasIgnoredSigterm: boolean;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
}

export type InstanceEvent =
  | { readonly type: 'start' }
  /** It was found running, left by an earlier life of Sluice. */
  | { readonly type: 'adopted'; readonly isReady: boolean }
  /** What `spawn` asked for runs, or could not be started. */
  | { readonly type: 'started' }
  | { readonly type: 'start-failed'; readonly retry: 'never' | 'later'; readonly reason: string }
  /** The probe got an answer, or none. */
  | { readonly type: 'answered' }
  | { readonly type: 'silent' }
  /** It is gone, for this reason ("exit code 1", "signal SIGKILL"). */
  | { readonly type: 'exited'; readonly reason: string; readonly isOutOfMemory: boolean }
  /** The time asked for by `wake` has come. */
  | { readonly type: 'due' }
  /** It is to go, without losing a request. */
  | { readonly type: 'drain'; readonly reason: string }
  /** So much is in flight to it: 0, or the deadline has passed. */
  | { readonly type: 'drained'; readonly inflight: number }
  /** What `part` asked for is over. */
  | { readonly type: 'parted' }
  /** It is to go at once: SIGTERM, or SIGKILL. */
  | { readonly type: 'stop' }
  | { readonly type: 'kill' };

export type InstanceEffect =
  /** Start it; send `started` or `start-failed`, and `exited` when it ends. */
  | { readonly type: 'spawn' }
  /** Ask it after this time, and send `answered` or `silent`. Replaces an earlier one. */
  | { readonly type: 'probe'; readonly afterMs: number }
  | { readonly type: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Send `due` after this time. Replaces an earlier one. */
  | { readonly type: 'wake'; readonly afterMs: number }
  /** From now on it is an endpoint, or is none any more. */
  | { readonly type: 'up' }
  | { readonly type: 'down' }
  /** Stop routing to it and wait until nothing is in flight, or so long; then send `drained`. */
  | { readonly type: 'drain'; readonly deadlineMs: number }
  /** Wait until whoever sends requests knows that the endpoint left, and so long on top; then send `parted`. */
  | { readonly type: 'part'; readonly afterMs: number }
  | InstanceSaying
  /** It is over; nothing comes after it. */
  | { readonly type: 'gone' };

/** Something that people are told. `trouble`: the detail is completed by its sentence (`trouble.ts`). */
export interface InstanceSaying {
  readonly type: 'say';
  readonly level: 'info' | 'warn' | 'error';
  readonly what: string;
  readonly detail: string;
  readonly trouble: InstanceTrouble | null;
}

export interface InstanceStep {
  readonly state: InstanceState;
  readonly effects: readonly InstanceEffect[];
}

/** An instance that nobody has started yet. */
export function newInstance(now: Instant): InstanceState {
  return {
    phase: 'waiting',
    since: now,
    run: 'none',
    runSince: now,
    runs: 0,
    isUp: false,
    hasAnswered: false,
    isWanted: true,
    isKilled: false,
    isParting: false,
    silences: 0,
    failures: 0,
    refusals: 0,
    hasIgnoredSigterm: false,
    trouble: null,
  };
}
