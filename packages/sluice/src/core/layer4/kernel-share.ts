/**
 * How much of the new connections each endpoint of a service takes in the kernel, by the rules that hold for requests, too: states, weights, agents'
 * factors, priority levels and the panic threshold. The kernel knows weights only, so what a level takes is worked into those of its endpoints.
 */
import { isAdmitted, isHealthy, type ServiceEndpoint } from '../balancing/candidate-list.ts';
import { DOWN, type EndpointTable } from '../balancing/endpoint-table.ts';
import { divideLoad } from '../balancing/priority-levels.ts';
import type { KernelEndpointState } from './kernel-description.ts';

/** An endpoint's part. */
export interface KernelShare {
  readonly state: KernelEndpointState;
  /** Relative to the others; any size. */
  readonly weight: number;
}

/** Whole weights are made of others by scaling: the largest becomes this, so that shares are within 0.1 %. */
const WEIGHT_SCALE = 1_000;
const WEIGHT_MAX = 65_535;

/**
 * The part of each endpoint, in their order.
 * @param panicThreshold Share 0..1 of healthy endpoints below which health is ignored; 0 = never.
 */
export function kernelShares(table: EndpointTable, endpoints: readonly ServiceEndpoint[], panicThreshold: number): KernelShare[] {
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((left, right) => left - right);
  const levels = priorities.map((priority) => endpoints.filter((endpoint) => endpoint.priority === priority));
  const shares = divideLoad(
    levels.map((level) => levelHealth(table, level)),
    panicThreshold,
  );
  const bySlot = new Map<number, KernelShare>();
  levels.forEach((level, index) => {
    const { load, isPanicking } = shares[index]!;
    const takes = level.filter((endpoint) => isAdmitted(table, endpoint) && (isPanicking || isHealthy(table, endpoint)));
    const total = takes.reduce((sum, endpoint) => sum + weightOf(table, endpoint), 0);
    // One level takes everything: its weights stay as they were written.
    const factor = levels.length === 1 ? 1 : total === 0 ? 0 : load / total;
    for (const endpoint of level) {
      bySlot.set(endpoint.slot, { state: stateOf(table, endpoint, takes.includes(endpoint)), weight: weightOf(table, endpoint) * factor });
    }
  });
  return endpoints.map(({ slot }) => bySlot.get(slot)!);
}

/** The same weights in whole numbers: as they are where they are whole, else scaled. What is above 0 stays above 0. */
export function wholeWeights(weights: readonly number[]): number[] {
  const largest = Math.max(0, ...weights);
  if (largest <= WEIGHT_MAX && weights.every(Number.isInteger)) return [...weights];
  return weights.map((weight) => (weight <= 0 ? 0 : Math.max(1, Math.round((weight / largest) * WEIGHT_SCALE))));
}

function levelHealth(table: EndpointTable, level: readonly ServiceEndpoint[]): { total: number; usable: number; admitted: number } {
  const weighted = level.filter(({ weight }) => weight > 0);
  const admitted = weighted.filter((endpoint) => isAdmitted(table, endpoint));
  const usable = admitted.filter((endpoint) => isHealthy(table, endpoint));
  return { total: weighted.length, usable: usable.length, admitted: admitted.length };
}

function weightOf(table: EndpointTable, { slot, weight }: ServiceEndpoint): number {
  return weight * table.agentWeight[slot]!;
}

/** Only what fails its check is down; who is ejected or withdrawn finishes what it has. */
function stateOf(table: EndpointTable, { slot }: ServiceEndpoint, takesNew: boolean): KernelEndpointState {
  const bits = table.state[slot]!;
  if (takesNew || bits === 0) return 'up';
  return (bits & DOWN) === 0 ? 'draining' : 'down';
}
