/** What must hold of `fault`: some fault, and one kind of abort. */
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';

export function checkFault(fault: unknown, path: Path, report: Report): void {
  if (fault === undefined) return;
  const isAny = ['delay', 'abort', 'header'].some((key) => rawField(fault, key) !== undefined);
  if (!isAny)
    report({ path, what: 'must have at least one of delay, abort and header', hint: "write { delay: { by: '100ms', share: '10%' } }" });
}
