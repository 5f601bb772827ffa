/**
 * The metric board as Prometheus text 0.0.4 (github.com/prometheus/docs, exposition_formats) or as OpenMetrics 1.0 with exemplars
 * (github.com/prometheus/OpenMetrics). Only names of the current slots are shown. To bound the size, a route appears with its first
 * request, a histogram with its first sample, and what is above the caps of `exposition-rows.ts` as `other`.
 * About 1 ms per 100 rows; runs on the control thread, never on a data plane.
 */
import { BUCKET_BOUNDS_MS, BUCKET_COUNT } from '../base/histogram.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { Exemplar, ExemplarBoard } from './exemplar-board.ts';
import type { ExpositionFormat } from './exposition-format.ts';
import { exposedRows, SERIES_CAPS } from './exposition-rows.ts';
import type { MetricNames, NamedRow, SeriesCaps } from './exposition-rows.ts';
import type { MetricBoard } from './metric-board.ts';
import { METRIC_FAMILIES } from './metric-catalog.ts';
import type { MetricFamily, MetricSource, ProcessFacts } from './metric-family.ts';
import { BUCKETS, DURATION_SUM, STATUS_CLASSES } from './metric-layout.ts';

export type { MetricNames } from './exposition-rows.ts';

export interface ExpositionInput {
  readonly board: MetricBoard;
  /** Absent or null: no traces are noted. */
  readonly exemplars?: ExemplarBoard | null;
  readonly names: MetricNames;
  readonly table: EndpointTable;
  readonly facts: ProcessFacts;
}

type RowSource = Exclude<MetricSource, { read: 'facts' | 'folded' }>;

/** Ends of bucket lines after the labels: ` le`, in seconds. */
const BOUND_LABELS: readonly string[] = [...BUCKET_BOUNDS_MS.map((bound) => String(Number((bound / 1_000).toFixed(6)))), '+Inf'].map(
  (bound) => `,le="${bound}"} `,
);
const STATUS_LABELS: readonly string[] = STATUS_CLASSES.map((code) => `code="${code}"`);
/** Units that OpenMetrics is told of, where a name ends with one. */
const UNITS: readonly string[] = ['seconds', 'bytes', 'ratio'];
const HEADS: Readonly<Record<ExpositionFormat, readonly string[]>> = {
  prometheus: METRIC_FAMILIES.map(({ name, type, help }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`),
  openmetrics: METRIC_FAMILIES.map(openMetricsHead),
};

/** All metrics as text. @param caps Names shown at most. */
export function expose(input: ExpositionInput, format: ExpositionFormat = 'prometheus', caps: SeriesCaps = SERIES_CAPS): string {
  const { rows, folded } = exposedRows(input.board, input.names, caps);
  const exemplars = format === 'openmetrics' ? (input.exemplars ?? null) : null;
  // A string for each family: appending makes no copies, and joining is one pass.
  const parts = METRIC_FAMILIES.map((family, index) => {
    const { name, source } = family;
    let text = HEADS[format][index]!;
    switch (source.read) {
      case 'facts':
        for (const [labels, value] of source.samples(input.facts)) text += sample(name, labels, value);
        break;
      case 'folded':
        for (const [label, count] of Object.entries(folded)) text += sample(name, `label="${label}"`, count);
        break;
      default:
        for (const named of rows[family.of]) text += rowText(family, source, named, input.table, exemplars);
    }
    return text;
  });
  if (format === 'openmetrics') parts.push('# EOF\n');
  return parts.join('');
}

/** A family's name goes without `_total` there, which belongs to its samples. */
function openMetricsHead({ name, type, help }: MetricFamily): string {
  const family = type === 'counter' ? name.slice(0, -'_total'.length) : name;
  const unit = UNITS.find((one) => family.endsWith(`_${one}`));
  const unitLine = unit === undefined ? '' : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${help.replaceAll('"', String.raw`\"`)}\n`;
}

function rowText(
  { name, of }: MetricFamily,
  source: RowSource,
  named: NamedRow,
  table: EndpointTable,
  exemplars: ExemplarBoard | null,
): string {
  const { labels, row } = named;
  switch (source.read) {
    case 'column':
      return sample(name, labels, row[source.column]!);
    case 'row':
      return sample(name, labels, source.value(row));
    case 'table':
      return tableText(name, source, named, table);
    case 'statuses': {
      let text = '';
      for (let column = 0; column < STATUS_LABELS.length; column++)
        text += `${name}{${labels},${STATUS_LABELS[column]!}} ${row[column]!}\n`;
      return text;
    }
    case 'columns': {
      let text = '';
      for (const [more, column] of source.columns) {
        if (source.isSparse !== true || row[column]! > 0) text += `${name}{${labels},${more}} ${row[column]!}\n`;
      }
      return text;
    }
    case 'durations':
      return sample(`${name}_sum`, labels, row[source.sum]! / 1_000) + sample(`${name}_count`, labels, row[source.count]!);
    case 'histogram': {
      const noted = exemplars !== null && named.slots.length === 1 && (of === 'listener' || of === 'service');
      return histogramText(name, named, source.every, noted ? exemplars.row(of, named.slots[0]!) : null);
    }
  }
}

/** What cannot be summed (is it up?) is not said of a folded row. */
function tableText(name: string, source: RowSource & { read: 'table' }, { labels, slots }: NamedRow, table: EndpointTable): string {
  if (slots.length === 1) return sample(name, labels, source.value(table, slots[0]!));
  if (!source.isAdditive) return '';
  let sum = 0;
  for (const slot of slots) sum += source.value(table, slot);
  return sample(name, labels, sum);
}

/** Buckets are cumulative, as the format asks. */
function histogramText(name: string, { labels, row }: NamedRow, every: number, exemplars: readonly (Exemplar | null)[] | null): string {
  const prefix = `${name}_bucket{${labels}`;
  let text = '';
  let total = 0;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    const count = row[BUCKETS + bucket]!;
    total += count;
    if ((bucket + 1) % every !== 0 && bucket !== BUCKET_COUNT - 1) continue;
    text += `${prefix}${BOUND_LABELS[bucket]!}${total}${exemplars === null || count === 0 ? '' : exemplarText(exemplars[bucket] ?? null)}\n`;
  }
  if (total === 0) return '';
  return `${text}${name}_sum{${labels}} ${row[DURATION_SUM]! / 1_000}\n${name}_count{${labels}} ${total}\n`;
}

function exemplarText(exemplar: Exemplar | null): string {
  if (exemplar === null) return '';
  const { traceId, spanId, durationMs, wallMs } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${durationMs / 1_000} ${(wallMs / 1_000).toFixed(3)}`;
}

function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}
