/** Which endpoints of a service could be picked now, with which share by weight, and what else decides. */
import type { Instant } from '../base/time.ts';
import type { ServicePlan } from '../config/plan.ts';
import type { SlotMap } from '../config/worker-protocol.ts';
import { listCandidates, type ServiceEndpoint } from '../core/balancing/candidate-list.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { LevelShare } from '../core/balancing/priority-levels.ts';
import { groupLevels, shareLoad, sharesOf } from '../core/balancing/service-levels.ts';
import { endpointState } from '../observe/status-builder.ts';
import type { ExplainedEndpoint, ExplainedService } from './backend.ts';

interface ServiceView {
  readonly slots: SlotMap;
  readonly table: EndpointTable;
  readonly now: Instant;
}

/** Endpoints of one priority, or of one version. */
interface Level {
  readonly key: number | string;
  /** What the split gives it; null: priorities decide. */
  readonly wanted: number | null;
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
  const groups = groupLevels(endpoints, plan.split);
  const members = [...groups.values()];
  const shares = plan.split && sharesOf(plan.split, groups.keys());
  const loads = shareLoad(table, members, shares, plan.panicThreshold);
  return [...groups.keys()].map((key, index) => ({
    key,
    wanted: shares?.[index] ?? null,
    share: loads[index]!,
    endpoints: members[index]!,
  }));
}

function explainLevel({ table, now }: ServiceView, level: Level, slowStartMs: number): ExplainedEndpoint[] {
  const { endpoints, share } = level;
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
      reason: own > 0 ? full(table, endpoint) : absence(table, endpoint, state, index, level),
    };
  });
}

function full(table: EndpointTable, { slot, requestsMax }: ServiceEndpoint): string | null {
  return requestsMax > 0 && table.inflight[slot]! >= requestsMax ? `full: ${requestsMax} requests in flight` : null;
}

function absence(table: EndpointTable, endpoint: ServiceEndpoint, state: string, index: number, { key, wanted }: Level): string {
  if (endpoint.weight === 0) return 'weight 0';
  if (table.agentWeight[endpoint.slot] === 0) return 'its agent reports weight 0';
  if (index < 0) return state;
  if (wanted !== null) return `version ${key} has no share`;
  return `priority ${endpoint.priority}: those before it take everything`;
}

/** What decides beside the weights. */
function notes({ affinity, balance, isPaused, split }: ServicePlan, levels: readonly Level[]): string | null {
  const found: string[] = [];
  if (isPaused) found.push('paused: requests wait');
  if (split !== null) found.push(`split: ${levels.map(shareInWords).join(', ')}`);
  if (levels.some(({ share }) => share.isPanicking)) found.push('panic: too few are healthy, so health is ignored');
  if (affinity !== null) found.push(`affinity by ${affinity.kind}${affinity.name === '' ? '' : ` "${affinity.name}"`} comes first`);
  if (balance.algorithm === 'hash')
    found.push(`the ${balance.hashOn.source}${balance.hashOn.name === '' ? '' : ` "${balance.hashOn.name}"`} decides`);
  if (balance.algorithm === 'ip-hash') found.push('the client address decides');
  return found.length === 0 ? null : found.join('; ');
}

/** What a version gets, and what it was to get, where that is not the same. */
function shareInWords({ key, wanted, share: { load } }: Level): string {
  const given = percent(load);
  return `${key} ${given}${percent(wanted ?? load) === given ? '' : ` instead of ${percent(wanted!)}`}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
