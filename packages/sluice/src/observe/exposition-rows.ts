/**
 * The rows that an exposition shows, each read once, with its labels made. The number of series is bounded whatever is configured: of
 * routes, services and endpoints the busiest are shown, the rest as one row `other`, in which their counters are summed. A row of a
 * folded name may come and go as others get busier; sums over all rows stay right.
 */
import { labelValue } from './escape.ts';
import type { MetricBoard } from './metric-board.ts';
import type { MetricKind } from './metric-layout.ts';

/** Names and their rows; the control plane's SlotMap is one. */
export interface MetricNames {
  readonly listeners: Readonly<Record<string, number>>;
  readonly routes: Readonly<Record<string, number>>;
  readonly services: Readonly<Record<string, number>>;
  /** Service name, then endpoint address. */
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One row, or what was folded into one. */
export interface NamedRow {
  /** Without braces; '' for none. */
  readonly labels: string;
  /** More than one: folded. */
  readonly slots: readonly number[];
  readonly row: Float64Array;
}

/** Names shown at most, by label. Listeners are at most 256 anyway. */
export type SeriesCaps = Readonly<Record<'route' | 'service' | 'endpoint', number>>;

/** About 120,000 lines at worst. */
export const SERIES_CAPS: SeriesCaps = { route: 2_000, service: 1_000, endpoint: 5_000 };

export interface ExposedRows {
  readonly rows: Readonly<Record<MetricKind, readonly NamedRow[]>>;
  /** Names that are in `other`, by label. */
  readonly folded: SeriesCaps;
}

interface Candidate {
  readonly labels: string;
  readonly slot: number;
  readonly requests: number;
}

export function exposedRows(board: MetricBoard, names: MetricNames, caps: SeriesCaps): ExposedRows {
  const list = (kind: MetricKind, slots: Readonly<Record<string, number>>): Candidate[] =>
    Object.entries(slots).map(([name, slot]) => ({ labels: `${kind}="${labelValue(name)}"`, slot, requests: board.begun(kind, slot) }));
  // A route appears with its first request: there may be thousands that nobody uses.
  const routes = list('route', names.routes).filter(({ requests }) => requests > 0);
  const services = list('service', names.services);
  const endpoints = endpointsOf(board, names);
  const service = freeName(names.services);
  const read = (kind: MetricKind, candidates: readonly Candidate[]): NamedRow[] =>
    candidates.map(({ labels, slot }) => ({ labels, slots: [slot], row: board.row(kind, slot) }));
  const capped = (kind: keyof SeriesCaps, candidates: readonly Candidate[], other: string): NamedRow[] => {
    const kept = busiest(candidates, caps[kind]);
    const rest = candidates.filter((candidate) => !kept.has(candidate));
    const shown = read(
      kind,
      candidates.filter((candidate) => kept.has(candidate)),
    );
    return rest.length === 0 ? shown : [...shown, fold(board, kind, rest, other)];
  };
  const excess = (candidates: readonly Candidate[], cap: number): number => Math.max(0, candidates.length - cap);
  return {
    rows: {
      listener: read('listener', list('listener', names.listeners)),
      route: capped('route', routes, `route="${freeName(names.routes)}"`),
      service: capped('service', services, `service="${service}"`),
      endpoint: capped('endpoint', endpoints, `service="${service}",endpoint="other"`),
      worker: [{ labels: '', slots: [0], row: board.row('worker', 0) }],
    },
    folded: {
      route: excess(routes, caps.route),
      service: excess(services, caps.service),
      endpoint: excess(endpoints, caps.endpoint),
    },
  };
}

function endpointsOf(board: MetricBoard, names: MetricNames): Candidate[] {
  const found: Candidate[] = [];
  for (const [service, slots] of Object.entries(names.endpoints)) {
    const prefix = `service="${labelValue(service)}",endpoint="`;
    for (const [address, slot] of Object.entries(slots))
      found.push({ labels: `${prefix}${labelValue(address)}"`, slot, requests: board.begun('endpoint', slot) });
  }
  return found;
}

/** Those with the most requests since they began; of equal ones the first. */
function busiest(candidates: readonly Candidate[], cap: number): ReadonlySet<Candidate> {
  if (candidates.length <= cap) return new Set(candidates);
  return new Set(candidates.toSorted((left, right) => right.requests - left.requests).slice(0, cap));
}

function fold(board: MetricBoard, kind: MetricKind, candidates: readonly Candidate[], labels: string): NamedRow {
  const sum = board.row(kind, candidates[0]!.slot);
  const row = new Float64Array(sum.length);
  for (const { slot } of candidates.slice(1)) {
    board.row(kind, slot, row);
    for (let column = 0; column < sum.length; column++) sum[column]! += row[column]!;
  }
  return { labels, slots: candidates.map(({ slot }) => slot), row: sum };
}

/** `other`, or with as many underscores after it as make it nobody's name. */
function freeName(taken: Readonly<Record<string, unknown>>): string {
  let name = 'other';
  while (Object.hasOwn(taken, name)) name += '_';
  return name;
}
