/** What must hold of a service's number of instances: bounds in order, money that is enough for the least of them. */
import type { Path } from '../fault.ts';
import { rawField, rawNumber, type Report } from '../raw.ts';

/** Bounds as they will be compiled, for a configuration that may be wrong elsewhere. */
export interface ReplicaBounds {
  readonly min: number;
  readonly max: number;
}

/** The bounds of a service. */
export function rawReplicas(service: unknown): ReplicaBounds {
  const replicas = rawField(service, 'replicas');
  if (typeof replicas === 'number') return { min: replicas, max: replicas };
  const min = rawNumber(replicas, 'min') ?? 1;
  return { min, max: rawNumber(replicas, 'max') ?? Math.max(1, min) };
}

/** Reports faults of `replicas` beyond the form of each field. */
export function checkReplicas(service: unknown, path: Path, report: Report): void {
  const replicas = rawField(service, 'replicas');
  const { min, max } = rawReplicas(service);
  if (min > max) report({ path, what: `must have min at most max, got ${min} and ${max}` });
  const initial = rawNumber(replicas, 'initial');
  if (initial !== null && min <= max && (initial < min || initial > max)) {
    report({ path: [...path, 'initial'], what: `must be within min and max, ${min}..${max}`, value: initial });
  }
  checkRate(rawField(rawField(replicas, 'behavior'), 'out'), [...path, 'behavior', 'out'], report);
  checkCost(rawField(replicas, 'cost'), min, [...path, 'cost'], report);
}

function checkRate(rate: unknown, path: Path, report: Report): void {
  const [share, count] = [rawField(rate, 'share'), rawField(rate, 'count')];
  if (count === 0 && (share === 0 || share === '0%')) {
    report({
      path,
      what: 'must have share or count above 0: nothing could ever be added',
      hint: 'write a number as replicas for a fixed one',
    });
  }
}

function checkCost(cost: unknown, min: number, path: Path, report: Report): void {
  const [price, ceiling] = [rawNumber(cost, 'instanceHour'), rawNumber(cost, 'ceiling')];
  if (price === null || ceiling === null || price * Math.max(1, min) <= ceiling) return;
  const least = Number((price * Math.max(1, min)).toPrecision(12));
  const what = `must be at least ${least}, which ${min > 1 ? `the min of ${min} instances` : 'one instance'} for an hour costs`;
  report({ path: [...path, 'ceiling'], what, value: ceiling });
}
