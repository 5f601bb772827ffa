/** A state by colour, shape and word. */
import type { AlertStatus, EndpointState, EventLevel, ServiceState, Severity } from '../api/types.ts';

export type BadgeState = ServiceState | EndpointState | 'starting' | 'info' | 'paused';

/** On a field of 12 × 12. */
const SHAPES: Readonly<Record<BadgeState, string>> = {
  up: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10z',
  degraded: 'M6 1l5.4 10H.6z',
  down: 'M2.4 1l3.6 3.6L9.6 1 11 2.4 7.4 6 11 9.6 9.6 11 6 7.4 2.4 11 1 9.6 4.6 6 1 2.4z',
  empty: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10zm0 1.8a3.2 3.2 0 1 0 0 6.4a3.2 3.2 0 0 0 0-6.4z',
  ejected: 'M6 .4L11.6 6 6 11.6.4 6z',
  draining: 'M1 2h10L6 11z',
  maintenance: 'M2 1h3v10H2zM7 1h3v10H7z',
  paused: 'M2 1h3v10H2zM7 1h3v10H7z',
  starting: 'M2 1l8.6 5L2 11z',
  info: 'M1.5 1.5h9v9h-9z',
};

export function StateShape({ state }: { readonly state: BadgeState }) {
  return (
    <svg class={`shape ${state}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={SHAPES[state]} />
    </svg>
  );
}

/** @param label Default: the state's name. */
export function StateBadge({ state, label }: { readonly state: BadgeState; readonly label?: string }) {
  return (
    <span class={`badge ${state}`}>
      <StateShape state={state} />
      {label ?? state}
    </span>
  );
}

/** State of an instance by its phase. */
export function phaseState(phase: string): BadgeState {
  switch (phase) {
    case 'ready':
      return 'up';
    case 'starting':
      return 'starting';
    case 'draining':
    case 'stopping':
      return 'draining';
    case 'unready':
      return 'degraded';
    default:
      return 'down';
  }
}

export function severityState(severity: Severity): BadgeState {
  return severity === 'critical' ? 'down' : severity === 'warning' ? 'degraded' : 'info';
}

export function levelState(level: EventLevel): BadgeState {
  return level === 'error' ? 'down' : level === 'warn' ? 'degraded' : 'info';
}

export function alertState({ state, severity }: AlertStatus): BadgeState {
  return state === 'resolved' ? 'up' : state === 'pending' ? 'starting' : severityState(severity);
}
