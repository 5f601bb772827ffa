/** Whether this machine's budget is enough for the least of all services together. */
import { type RawConfig, rawField, rawNumber, rawSize, type Report } from '../raw.ts';
import { rawReplicas } from './fleet-replicas.ts';

/** Reports a budget that the services' `min` does not fit in. */
export function checkBudget(config: RawConfig, report: Report): void {
  const budget = rawField(config.fleet, 'budget');
  const [cpu, memory] = [rawNumber(budget, 'cpu'), rawSize(budget, 'memory')];
  const needed = { cpu: 0, memory: 0 };
  for (const service of Object.values(config.services)) {
    const resources = rawField(rawField(service, 'run'), 'resources');
    const { min } = rawReplicas(service);
    needed.cpu += min * (rawNumber(resources, 'cpu') ?? 0);
    needed.memory += min * (rawSize(resources, 'memory') ?? 0);
  }
  // Sums of cores such as 0.1 + 0.2 are not exact.
  const cores = Number(needed.cpu.toPrecision(12));
  if (cpu !== null && cores > cpu) {
    report({ path: ['fleet', 'budget', 'cpu'], what: `must be at least ${cores}, which the min of all services needs`, value: cpu });
  }
  if (memory !== null && needed.memory > memory) {
    const what = `must be at least ${Math.ceil(needed.memory / 1_048_576)}MiB, which the min of all services needs`;
    report({ path: ['fleet', 'budget', 'memory'], what, value: rawField(budget, 'memory') });
  }
}
