/**
 * What an agent's reports add up to (HAProxy configuration manual, `agent-check`). Two things are kept apart: the administrative state
 * (`drain` and `maint` hold until `ready`) and the operational one (`down` holds until `up`). A report may name either, both, a weight, or
 * nothing; what it does not name stays as it was.
 */
import { DOWN, DRAINING, MAINTENANCE } from '../balancing/endpoint-table.ts';

/** One line of an agent, parsed. */
export interface AgentWord {
  /** Factor of the configured weight; null where the line has none. */
  readonly weight: number | null;
  readonly admin: 'ready' | 'drain' | 'maint' | null;
  readonly health: 'up' | 'down' | null;
  /** Requests in flight at most; null where the line has none. */
  readonly requestsMax: number | null;
  /** What the agent gave as the cause; empty where it gave none. */
  readonly reason: string;
}

export interface AgentState {
  readonly weight: number;
  readonly admin: 'ready' | 'drain' | 'maint';
  readonly isDown: boolean;
  /** 0 = as configured. */
  readonly requestsMax: number;
  readonly reason: string;
}

/** Before the first report an agent has nothing against its endpoint. */
export const AGENT_SILENT: AgentState = { weight: 1, admin: 'ready', isDown: false, requestsMax: 0, reason: '' };

/** Takes in one report. */
export function stepAgentState(state: AgentState, word: AgentWord): AgentState {
  const isDown = word.health === null ? state.isDown : word.health === 'down';
  const admin = word.admin ?? state.admin;
  const isSame = isDown === state.isDown && admin === state.admin;
  return {
    weight: word.weight ?? state.weight,
    admin,
    isDown,
    requestsMax: word.requestsMax ?? state.requestsMax,
    reason: word.reason !== '' || !isSame ? word.reason : state.reason,
  };
}

/** The state bits that the agent claims. */
export function agentBits({ admin, isDown }: AgentState): number {
  return (isDown ? DOWN : 0) | (admin === 'drain' ? DRAINING : 0) | (admin === 'maint' ? MAINTENANCE : 0);
}
