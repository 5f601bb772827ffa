/** Load reports in replies (ORCA's `endpoint-load-metrics`): noted where the service's algorithm or a scaling policy uses them, and never passed on. */
import { parseLoadReport, writeLoadReport } from '../../core/balancing/orca.ts';
import { ID } from '../../core/http1/field-section.ts';
import { ENDPOINT_LOAD_METRICS } from '../../core/http1/known-fields.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { Attempt } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whether anybody reads what the applications report. */
export function usesReports({ balance, readsReports }: ServicePlan): boolean {
  return readsReports || balance.algorithm === 'resource' || balance.algorithm === 'prequal';
}

/** Notes the report in the head at `start`, if there is one. */
export function noteReport(worker: WorkerContext, attempt: Attempt, bytes: Buffer, start: number): void {
  const { parser } = attempt;
  const { ids, count } = parser.fields;
  for (let index = 0; index < count; index++) {
    if ((ids[index]! & ID) !== ENDPOINT_LOAD_METRICS) continue;
    const report = parseLoadReport(parser.value(bytes, start, index));
    if (report !== null) writeLoadReport(worker.table, attempt.slot, report, worker.clock.now());
    return;
  }
}
