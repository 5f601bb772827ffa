/** Which endpoints of a service could be picked now, with which share by weight, and what else decides. */
import type { Instant } from '../base/time.ts';
import type { ServicePlan } from '../config/plan.ts';
import type { SlotMap } from '../config/worker-protocol.ts';
import { isAdmitted, isHealthy, listCandidates, type ServiceEndpoint } from '../core/balancing/candidate-list.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { divideLoad, type LevelShare } from '../core/balancing/priority-levels.ts';
import { endpointState } from '../observe/status-builder.ts';
import type { ExplainedEndpoint, ExplainedService } from './backend.ts';

interface ServiceView {
  readonly slots: SlotMap;
  readonly table: EndpointTable;
  readonly now: Instant;
}

interface Level {
  readonly endpoints: readonly ServiceEndpoint[];
  readonly share: LevelShare;
}

/** @param share Of the route's requests. */
export function explainService(view: ServiceView, plan: ServicePlan, share: number): ExplainedService {
  const levels = levelsOf(view, plan);
  return {
    name: plan.name,
    share,
    balance: plan.balance.algorithm,
    note: notes(plan, levels),
    endpoints: levels.flatMap((level) => explainLevel(view, level, plan.slowStartMs)),
  };
}

/** Whether so few endpoints are healthy that health is ignored. */
export function isPanicking(view: Omit<ServiceView, 'now'>, plan: ServicePlan): boolean {
  return levelsOf(view, plan).some(({ share }) => share.isPanicking);
}

function levelsOf({ slots: { endpoints: rows }, table }: Omit<ServiceView, 'now'>, plan: ServicePlan): Level[] {
  const slots = rows[plan.name] ?? {};
  const endpoints = plan.endpoints.flatMap((endpoint) => {
    const slot = slots[endpoint.address];
    return slot === undefined ? [] : [{ ...endpoint, slot }];
  });
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((left, right) => left - right);
  const groups = priorities.map((priority) => endpoints.filter((endpoint) => endpoint.priority === priority));
  const health = groups.map((group) => {
    const weighted = group.filter(({ weight }) => weight > 0);
    const admitted = weighted.filter((endpoint) => isAdmitted(table, endpoint));
    return { total: weighted.length, admitted: admitted.length, usable: admitted.filter((endpoint) => isHealthy(table, endpoint)).length };
  });
  return divideLoad(health, plan.panicThreshold).map((share, index) => ({ share, endpoints: groups[index]! }));
}

function explainLevel({ table, now }: ServiceView, { endpoints, share }: Level, slowStartMs: number): ExplainedEndpoint[] {
  const candidates = listCandidates(table, endpoints, share.isPanicking, slowStartMs, now);
  const total = candidates.weights.reduce((sum, weight) => sum + weight, 0);
  return endpoints.map((endpoint) => {
    const index = candidates.slots.indexOf(endpoint.slot);
    const state = endpointState(table.state[endpoint.slot]!);
    const own = index < 0 ? 0 : (share.load * candidates.weights[index]!) / total;
    return {
      address: endpoint.address,
      state,
      share: own,
      reason: own > 0 ? full(table, endpoint) : absence(table, endpoint, state, index),
    };
  });
}

function full(table: EndpointTable, { slot, requestsMax }: ServiceEndpoint): string | null {
  return requestsMax > 0 && table.inflight[slot]! >= requestsMax ? `full: ${requestsMax} requests in flight` : null;
}

function absence(table: EndpointTable, endpoint: ServiceEndpoint, state: string, index: number): string {
  if (endpoint.weight === 0) return 'weight 0';
  if (table.agentWeight[endpoint.slot] === 0) return 'its agent reports weight 0';
  if (index < 0) return state;
  return `priority ${endpoint.priority}: those before it take everything`;
}

/** What decides beside the weights. */
function notes({ affinity, balance }: ServicePlan, levels: readonly Level[]): string | null {
  const found: string[] = [];
  if (levels.some(({ share }) => share.isPanicking)) found.push('panic: too few are healthy, so health is ignored');
  if (affinity !== null) found.push(`affinity by ${affinity.kind}${affinity.name === '' ? '' : ` "${affinity.name}"`} comes first`);
  if (balance.algorithm === 'hash')
    found.push(`the ${balance.hashOn.source}${balance.hashOn.name === '' ? '' : ` "${balance.hashOn.name}"`} decides`);
  if (balance.algorithm === 'ip-hash') found.push('the client address decides');
  return found.length === 0 ? null : found.join('; ');
}
