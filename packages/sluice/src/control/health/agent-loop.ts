/**
 * Polls the HAProxy-style agents of services that have one: weight, drain, maintenance and health as each endpoint's own machine sees them. As in
 * HAProxy, an agent that does not answer changes nothing (the active check is for that), and it is said once. What stands after the `#` of its line may
 * be a load report as in the `endpoint-load-metrics` field (`ready # TEXT cpu_utilization=0.4, named_metrics.jobs=3`), which HAProxy reads as a remark.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { AddressPlan, BalancePlan } from '../../config/plan.ts';
import { parseAgentLine } from '../../core/balancing/agent-check.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { parseLoadReport, writeLoadReport } from '../../core/balancing/orca.ts';
import { AGENT_SILENT, agentBits, type AgentState, stepAgentState } from '../../core/health/agent-state.ts';
import type { AskAgent } from '../../io/agent-check.ts';
import type { SayEvent } from '../say-event.ts';
import { isSamePlan, type RosterEntry } from './roster.ts';
import type { StateBits } from './state-bits.ts';

export interface AgentLoopOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly bits: StateBits;
  readonly say: SayEvent;
  readonly ask: AskAgent;
}

type AgentPlan = NonNullable<BalancePlan['agent']>;

/** One endpoint's agent. */
interface Polled {
  entry: RosterEntry;
  plan: AgentPlan;
  state: AgentState;
  wait: Cancel | null;
  running: AbortController | null;
  /** Whether its silence was told of. */
  isSilent: boolean;
}

/** Each wait is interval × (1 ± this). */
const JITTER = 0.1;

export class AgentLoop {
  readonly #options: AgentLoopOptions;
  #polled: Map<string, Polled> = new Map();

  constructor(options: AgentLoopOptions) {
    this.#options = options;
  }

  /** Sets who is polled; what an agent has said stays while its endpoint stays. */
  apply(entries: readonly RosterEntry[]): void {
    const polled = new Map<string, Polled>();
    for (const entry of entries) {
      const plan = entry.service.balance.agent;
      if (plan !== null) polled.set(entry.key, this.#polledFor(entry, plan));
    }
    for (const [key, known] of this.#polled) {
      if (polled.get(key) === known) continue;
      stop(known);
      // Either the endpoint is gone, and this goes nowhere, or the service has no agent any more.
      const successor = entries.find((entry) => entry.key === key);
      if (successor?.slot === known.entry.slot) this.#claim(successor, AGENT_SILENT);
    }
    this.#polled = polled;
  }

  stop(): void {
    for (const polled of this.#polled.values()) stop(polled);
  }

  #polledFor(entry: RosterEntry, plan: AgentPlan): Polled {
    const known = this.#polled.get(entry.key);
    if (known !== undefined && known.entry.slot === entry.slot) {
      const isSame = isSamePlan(known.plan, plan);
      known.entry = entry;
      known.plan = plan;
      if (!isSame) {
        stop(known);
        this.#schedule(known, 0);
      }
      return known;
    }
    const polled: Polled = { entry, plan, state: AGENT_SILENT, wait: null, running: null, isSilent: false };
    this.#schedule(polled, this.#options.runtime.random() * Math.min(plan.intervalMs, 1_000));
    return polled;
  }

  #schedule(polled: Polled, delayMs: number): void {
    polled.wait = this.#options.runtime.timers.after(delayMs, () => {
      polled.wait = null;
      void this.#poll(polled);
    });
  }

  async #poll(polled: Polled): Promise<void> {
    const { runtime, ask } = this.#options;
    const { intervalMs, timeoutMs, port } = polled.plan;
    const controller = new AbortController();
    polled.running = controller;
    const cancel = runtime.timers.after(timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const line = await ask(agentAddress(polled.entry, port), controller.signal);
      if (polled.running === controller) this.#takeIn(polled, line);
    } catch (error) {
      if (polled.running === controller) this.#saySilent(polled, error instanceof Error ? error.message : String(error));
    } finally {
      cancel();
      if (polled.running === controller) {
        polled.running = null;
        this.#schedule(polled, intervalMs * (1 + JITTER * (2 * runtime.random() - 1)));
      }
    }
  }

  #takeIn(polled: Polled, line: string): void {
    const word = parseAgentLine(line, polled.entry.endpoint.weight);
    if (word === null) return this.#saySilent(polled, `not the agent-check protocol: ${JSON.stringify(line.slice(0, 80))}`);
    polled.isSilent = false;
    const before = polled.state;
    const load = parseLoadReport(word.reason);
    if (load !== null) writeLoadReport(this.#options.table, polled.entry.slot, load, this.#options.runtime.clock.now());
    polled.state = stepAgentState(before, load === null ? word : { ...word, reason: '' });
    if (!isSamePlan(before, polled.state)) this.#claim(polled.entry, polled.state);
    if (agentBits(before) !== agentBits(polled.state)) this.#sayState(polled);
  }

  /** Weight and bound first: the bits' epoch tells the workers of all. */
  #claim(entry: RosterEntry, state: AgentState): void {
    const { table, bits } = this.#options;
    const isNew = table.agentWeight[entry.slot] !== state.weight || table.agentRequestsMax[entry.slot] !== state.requestsMax;
    table.agentWeight[entry.slot] = state.weight;
    table.agentRequestsMax[entry.slot] = state.requestsMax;
    bits.claim(entry, 'agent', agentBits(state), state.reason === '' ? stateText(state) : state.reason);
    if (isNew) bits.announce(entry.serviceSlot);
  }

  #sayState({ entry, state }: Polled): void {
    const detail = { service: entry.service.name, endpoint: entry.endpoint.address, state: stateText(state), reason: state.reason };
    this.#options.say(agentBits(state) === 0 ? 'info' : 'warn', 'agent-state', detail);
  }

  #saySilent(polled: Polled, reason: string): void {
    if (polled.isSilent) return;
    polled.isSilent = true;
    this.#options.say('warn', 'agent-silent', { service: polled.entry.service.name, endpoint: polled.entry.endpoint.address, reason });
  }
}

function stop(polled: Polled): void {
  polled.wait?.();
  polled.wait = null;
  polled.running?.abort(new Error('no longer needed'));
  polled.running = null;
}

/** An endpoint behind a unix socket is on this machine, and so is its agent. */
function agentAddress({ endpoint }: RosterEntry, port: number): AddressPlan {
  return { kind: 'tcp', host: endpoint.target.kind === 'tcp' ? endpoint.target.host : '127.0.0.1', port };
}

function stateText({ admin, isDown }: AgentState): string {
  if (admin !== 'ready') return admin;
  return isDown ? 'down' : 'up';
}
