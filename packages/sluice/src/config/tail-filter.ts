/** Which exchanges the live tail shows: the same question in a worker, of the record, and in the control plane, of the line that was made from it. */
import type { TailFilter } from './worker-protocol.ts';

/** What filters ask of. A line leaves out what is empty. */
export interface AccessFields {
  readonly route?: string;
  readonly service?: string;
  readonly endpoint?: string;
  readonly status: number;
}

/** Whether a record is wanted, but for its text. */
export function matchesFields(filter: TailFilter, { route = '', service = '', endpoint = '', status }: AccessFields): boolean {
  if (filter.route !== null && filter.route !== route) return false;
  if (filter.service !== null && filter.service !== service) return false;
  if (filter.endpoint !== null && filter.endpoint !== endpoint) return false;
  return filter.status === null || matchesStatus(filter.status, status);
}

/** @param line As it would be sent: its text is looked for there, in any case of letters. */
export function matchesTail(filter: TailFilter, fields: AccessFields, line: string): boolean {
  return matchesFields(filter, fields) && (filter.text === '' || line.toLowerCase().includes(filter.text.toLowerCase()));
}

/** `404`, or a class `5xx`. A cut exchange has status 0. */
function matchesStatus(wanted: string, status: number): boolean {
  if (wanted.length === 3 && wanted.toLowerCase().endsWith('xx')) return wanted.charCodeAt(0) - 48 === Math.floor(status / 100);
  return Number(wanted) === status;
}
