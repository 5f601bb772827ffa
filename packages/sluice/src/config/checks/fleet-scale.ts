/** What must hold of scaling policies: levels in the unit of their signal, steps that do not contradict each other, schedules within bounds. */
import { type LevelPlace, readLevel } from '../compile-fleet-level.ts';
import { PERCENTILE } from '../compile-fleet-scale.ts';
import type { Path } from '../fault.ts';
import { rawDuration, rawField, rawList, rawNumber, rawSize, type Report } from '../raw.ts';
import { BUILT_IN_SIGNALS } from '../schema/scale-policy-signal.ts';
import { type ReplicaBounds, rawReplicas } from './fleet-replicas.ts';
import { checkSteps } from './fleet-steps.ts';

/** Reports faults of the policies of a service. */
export function checkScale(service: unknown, path: Path, report: Report): void {
  const run = rawField(service, 'run');
  const resources = rawField(run, 'resources');
  const memoryBytes = rawSize(resources, 'memory');
  const isMeasured = rawField(run, 'command') !== undefined || rawField(run, 'container') !== undefined;
  const bounds = rawReplicas(service);
  const seen = new Map<unknown, number>();
  rawList(rawField(rawField(service, 'replicas'), 'scale')).forEach((policy, index) => {
    const at = [...path, index];
    checkTwice(policy, index, seen, at, report);
    if (rawField(policy, 'schedule') !== undefined) checkSchedule(policy, bounds, at, report);
    const signal = rawField(policy, 'signal');
    if (signal === undefined) return;
    const name = BUILT_IN_SIGNALS.find((one) => one === signal) ?? null;
    if (typeof signal === 'string' && name === null) return;
    if (name === 'memory' && isMeasured && memoryBytes === null) {
      const hint = "write resources: { memory: '512MiB' } in run";
      // A bound that is no size is a fault already.
      if (rawField(resources, 'memory') !== undefined) return;
      report({ path: [...at, 'signal'], what: "needs the bound of an instance's memory, of which it is a share", hint });
      return;
    }
    checkSignal(policy, { signal: name, memoryBytes }, at, report);
  });
}

/** The same figure has one policy of a kind: a second one either says the same or is never heard. */
function checkTwice(policy: unknown, index: number, seen: Map<unknown, number>, path: Path, report: Report): void {
  const key = identity(policy);
  if (key === null) return;
  const earlier = seen.get(key);
  if (earlier === undefined) seen.set(key, index);
  else report({ path, what: `looks at the same as scale[${earlier}]`, hint: 'the largest answer wins: keep one of them' });
}

/** Equal for policies that look at the same; null for those that may well stand there several times. */
function identity(policy: unknown): unknown {
  const predict = rawField(policy, 'predict');
  if (predict !== undefined) return typeof predict === 'string' ? `predict ${predict}` : null;
  const signal = rawField(policy, 'signal');
  if (typeof signal === 'function') return signal;
  if (signal === undefined) return null;
  const kind = rawField(policy, 'steps') === undefined ? 'target' : 'steps';
  if (typeof signal !== 'string') {
    const parts = ['prometheus', 'query', 'url', 'pointer'].map((key) => rawField(signal, key));
    return [kind, ...parts.map((part) => (typeof part === 'string' ? part : ''))].join('\n');
  }
  return signal === 'latency' ? `${kind} latency ${rawNumber(policy, 'percentile') ?? PERCENTILE}` : `${kind} ${signal}`;
}

function checkSignal(policy: unknown, place: LevelPlace, path: Path, report: Report): void {
  checkNeighbours(policy, place, path, report);
  const target = rawField(policy, 'target');
  if (target !== undefined) {
    const level = readLevel(target, place);
    if (!level.ok) report({ path: [...path, 'target'], what: level.allowed, value: target });
    else if (level.value === 0) report({ path: [...path, 'target'], what: 'must be above 0', value: target });
  }
  const [window, short] = [rawDuration(policy, 'window') ?? 60_000, rawDuration(rawField(policy, 'panic'), 'window')];
  if (short !== null && short > window) report({ path: [...path, 'panic', 'window'], what: 'must be at most the window of the policy' });
  checkSteps(rawField(policy, 'steps'), place, [...path, 'steps'], report);
}

/** Settings that belong to another kind of signal. */
function checkNeighbours(policy: unknown, { signal: name }: LevelPlace, path: Path, report: Report): void {
  const signal = rawField(policy, 'signal');
  if (name !== 'latency' && rawField(policy, 'percentile') !== undefined) {
    report({ path: [...path, 'percentile'], what: "belongs to the signal 'latency'" });
  }
  if (typeof signal === 'function') return;
  for (const key of ['poll', 'per']) {
    if (rawField(policy, key) === undefined) continue;
    const hint = name === null ? `write signal: { …, ${key} }` : null;
    report({ path: [...path, key], what: 'belongs here only beside a function', hint });
  }
}

function checkSchedule(policy: unknown, { min: lowest, max: highest }: ReplicaBounds, path: Path, report: Report): void {
  const [min, max] = [rawNumber(policy, 'min'), rawNumber(policy, 'max')];
  if (rawField(policy, 'min') === undefined && rawField(policy, 'max') === undefined) {
    report({ path, what: 'must have min, max or both' });
  }
  if (min !== null && max !== null && min > max) report({ path, what: `must have min at most max, got ${min} and ${max}` });
  if (min !== null && min > highest) {
    report({ path: [...path, 'min'], what: `must be at most the max of replicas, ${highest}`, value: min });
  }
  if (max !== null && max < lowest) {
    report({ path: [...path, 'max'], what: `must be at least the min of replicas, ${lowest}`, value: max });
  }
}
