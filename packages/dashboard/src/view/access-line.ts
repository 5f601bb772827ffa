/** A line of the access log as the live tail shows it: the fields that stand in columns, and all of them. */

export interface AccessLine {
  readonly time: string;
  readonly method: string;
  readonly status: number;
  readonly host: string;
  readonly path: string;
  /** Empty where there was none, as all below. */
  readonly route: string;
  readonly service: string;
  readonly endpoint: string;
  readonly cache: string;
  readonly outcome: string;
  readonly durationMs: number | null;
  /** In the order in which they stand in the line. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Null: it is no JSON object. What is missing or of another type is taken for absent: fields of the log are chosen in the configuration. */
export function readAccessLine(json: string): AccessLine | null {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof line !== 'object' || line === null) return null;
  const text = (name: string) => (typeof line[name] === 'string' ? line[name] : '');
  const number = (name: string) => (typeof line[name] === 'number' ? line[name] : null);
  return {
    time: text('time'),
    method: text('method'),
    status: number('status') ?? 0,
    host: text('host'),
    path: text('path'),
    route: text('route'),
    service: text('service'),
    endpoint: text('endpoint'),
    cache: text('cache'),
    outcome: text('outcome'),
    durationMs: number('durationMs'),
    fields: Object.entries(line).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  };
}

/** Whether it went well: by status, or cut. */
export function statusKind({ status, outcome }: AccessLine): 'good' | 'refused' | 'failed' {
  if (status >= 500 || status === 0 || (outcome !== '' && outcome !== 'complete')) return 'failed';
  return status >= 400 ? 'refused' : 'good';
}

/** What the tail is filtered by, in the page's address and in the API's. */
export const ACCESS_FILTERS = ['route', 'service', 'endpoint', 'status', 'q'] as const;
export type AccessFilter = (typeof ACCESS_FILTERS)[number];

const STATUS = /^[1-5](?:\d\d|xx)$/;

/** Null: it can be asked for. */
export function filterFault(filters: Readonly<Record<AccessFilter, string>>): string | null {
  return filters.status === '' || STATUS.test(filters.status) ? null : 'A status is a number such as 404, or a class such as 5xx.';
}
