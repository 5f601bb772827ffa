/**
 * CPU and memory of the instances, as shares of what one of them may use: as its runner measures them, else as the applications report
 * (ORCA). Means over the ready instances of which something is known.
 */
import type { ResourcesPlan } from '../../../config/fleet-plan.ts';
import type { Figure } from '../../../core/scaling/sample.ts';
import type { Glance, SignalReader } from './glance.ts';
import { isFresh, QUIET_MS } from './reported.ts';

/** What an instance without a bound is measured by: a Node process does its work on one thread, and is full when it has used one core. */
const CORES_UNBOUNDED = 1;

/** CPU over `resources.cpu`, or over one core without it. */
export const cpuSignal: SignalReader = {
  read(glance) {
    const cores = resourcesOf(glance)?.cpu ?? CORES_UNBOUNDED;
    const figure = meanShare(glance, glance.table.reportedCpu, (view) => (view.cpu === null ? null : view.cpu / cores));
    // Who was asked nothing could report nothing, and does nothing that we know of.
    return figure === null && glance.quietMs > QUIET_MS ? { value: 0, per: 'instance' } : figure;
  },
};

/** Memory over `resources.memory`; without it, what the applications report of themselves. */
export const memorySignal: SignalReader = {
  read(glance) {
    const bytesMax = resourcesOf(glance)?.memoryBytes ?? null;
    return meanShare(glance, glance.table.reportedMemory, (view) =>
      view.memoryBytes === null || bytesMax === null ? null : view.memoryBytes / bytesMax,
    );
  },
};

function resourcesOf({ service }: Glance): ResourcesPlan | null {
  const { run } = service.plan;
  return run.runner === 'process' || run.runner === 'container' ? run.resources : null;
}

function meanShare(
  glance: Glance,
  reported: Float64Array,
  measured: (view: Glance['ready'][number]['view']) => number | null,
): Figure | null {
  let sum = 0;
  let known = 0;
  for (const { view, slot } of glance.ready) {
    const share = measured(view) ?? (isFresh(glance, slot) && reported[slot]! >= 0 ? reported[slot]! : null);
    if (share === null) continue;
    sum += share;
    known += 1;
  }
  return known === 0 ? null : { value: sum / known, per: 'instance' };
}
