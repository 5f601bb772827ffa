/**
 * The metric board as Prometheus text, version 0.0.4 (github.com/prometheus/docs, exposition_formats). Only names of the current slots
 * are shown. To bound the size, a route appears with its first request and a histogram with its first sample.
 * About 3 ms per 100 rows; runs on the control thread, never on a data plane.
 */
import { BUCKET_BOUNDS_MS, BUCKET_COUNT } from '../base/histogram.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { labelValue } from './escape.ts';
import { endedOf } from './metric-board.ts';
import type { MetricBoard } from './metric-board.ts';
import { METRIC_FAMILIES } from './metric-catalog.ts';
import type { MetricFamily, MetricSource, ProcessFacts } from './metric-family.ts';
import { BUCKETS, DURATION_SUM, STARTED, STATUS_CLASSES } from './metric-layout.ts';
import type { MetricKind } from './metric-layout.ts';

/** The Content-Type of the text. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Names and their rows; the control plane's SlotMap is one. */
export interface MetricNames {
  readonly listeners: Readonly<Record<string, number>>;
  readonly routes: Readonly<Record<string, number>>;
  readonly services: Readonly<Record<string, number>>;
  /** Service name, then endpoint address. */
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface ExpositionInput {
  readonly board: MetricBoard;
  readonly names: MetricNames;
  readonly table: EndpointTable;
  readonly facts: ProcessFacts;
}

interface NamedRow {
  readonly labels: string;
  readonly slot: number;
  readonly row: Float64Array;
}

/** The `le` labels, in seconds. */
const BOUNDS_SECONDS: readonly string[] = [...BUCKET_BOUNDS_MS.map((bound) => String(Number((bound / 1_000).toFixed(6)))), '+Inf'];

/** All metrics as text. */
export function expose(input: ExpositionInput): string {
  const rows = rowsByKind(input);
  const lines: string[] = [];
  for (const family of METRIC_FAMILIES) {
    lines.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`);
    if (family.source.read === 'facts') {
      for (const [labels, value] of family.source.samples(input.facts)) pushSample(lines, family.name, labels, value);
    } else {
      for (const named of rows[family.of]) pushRow(lines, family, family.source, named, input.table);
    }
  }
  lines.push('');
  return lines.join('\n');
}

function rowsByKind({ board, names }: ExpositionInput): Record<MetricKind, readonly NamedRow[]> {
  const read = (kind: MetricKind, labels: string, slot: number): NamedRow => ({ labels, slot, row: board.row(kind, slot) });
  const list = (kind: MetricKind, slots: Readonly<Record<string, number>>): NamedRow[] =>
    Object.entries(slots).map(([name, slot]) => read(kind, `${kind}="${labelValue(name)}"`, slot));
  const endpoints = Object.entries(names.endpoints).flatMap(([service, slots]) =>
    Object.entries(slots).map(([address, slot]) =>
      read('endpoint', `service="${labelValue(service)}",endpoint="${labelValue(address)}"`, slot),
    ),
  );
  return {
    listener: list('listener', names.listeners),
    route: list('route', names.routes).filter(({ row }) => row[STARTED]! > 0 || endedOf(row) > 0),
    service: list('service', names.services),
    endpoint: endpoints,
    worker: [read('worker', '', 0)],
  };
}

type RowSource = Exclude<MetricSource, { read: 'facts' }>;

function pushRow(lines: string[], family: MetricFamily, source: RowSource, named: NamedRow, table: EndpointTable): void {
  const { name } = family;
  const { labels, row, slot } = named;
  switch (source.read) {
    case 'column':
      return pushSample(lines, name, labels, row[source.column]!);
    case 'row':
      return pushSample(lines, name, labels, source.value(row));
    case 'table':
      return pushSample(lines, name, labels, source.value(table, slot));
    case 'statuses':
      return STATUS_CLASSES.forEach((code, column) => pushSample(lines, name, `${labels},code="${code}"`, row[column]!));
    case 'columns':
      for (const [more, column] of source.columns) {
        if (source.isSparse !== true || row[column]! > 0) pushSample(lines, name, `${labels},${more}`, row[column]!);
      }
      return;
    case 'durations':
      pushSample(lines, `${name}_sum`, labels, row[source.sum]! / 1_000);
      return pushSample(lines, `${name}_count`, labels, row[source.count]!);
    case 'histogram':
      return pushHistogram(lines, name, labels, row, source.every);
  }
}

/** Buckets are cumulative, as the format asks. */
function pushHistogram(lines: string[], name: string, labels: string, row: Float64Array, every: number): void {
  const start = lines.length;
  let total = 0;
  BOUNDS_SECONDS.forEach((bound, bucket) => {
    total += row[BUCKETS + bucket]!;
    const isShown = (bucket + 1) % every === 0 || bucket === BUCKET_COUNT - 1;
    if (isShown) pushSample(lines, `${name}_bucket`, `${labels},le="${bound}"`, total);
  });
  if (total === 0) {
    lines.length = start;
    return;
  }
  pushSample(lines, `${name}_sum`, labels, row[DURATION_SUM]! / 1_000);
  pushSample(lines, `${name}_count`, labels, total);
}

function pushSample(lines: string[], name: string, labels: string, value: number): void {
  lines.push(labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`);
}
