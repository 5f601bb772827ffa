/**
 * The metric board as OpenTelemetry has metrics: counters are cumulative monotonic sums since the program began, histograms have explicit bounds in seconds, a summary is two sums.
 * Names stay those of docs/reference/metrics.md, so that a dashboard reads both ways alike. Runs on the control thread: about 1 ms per 100 rows, each time that metrics are exported.
 */
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { BUCKET_BOUNDS_MS, BUCKET_COUNT } from '../../base/histogram.ts';
import type { ExpositionInput } from '../../observe/exposition.ts';
import { type ExposedRows, exposedRows, type NamedRow, SERIES_CAPS } from '../../observe/exposition-rows.ts';
import { METRIC_FAMILIES } from '../../observe/metric-catalog.ts';
import type { MetricFamily, MetricSource } from '../../observe/metric-family.ts';
import { BUCKETS, DURATION_SUM, STATUS_CLASSES } from '../../observe/metric-layout.ts';
import { hrTime } from './hr-time.ts';
import { readLabels } from './label-text.ts';
import type { OtlpPackages } from './otlp-packages.ts';

export interface MetricSurroundings {
  readonly packages: Pick<OtlpPackages, 'api' | 'sdkMetrics'>;
  readonly resource: Resource;
  readonly scope: { readonly name: string; readonly version: string };
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** One value of one series; `of` is what is added to the family's name. */
interface Sample {
  readonly of: '' | '_sum' | '_count';
  readonly attributes: Attributes;
  readonly value: number;
}

/** A row with its labels read: once for all families that show it. */
interface LabelledRow extends NamedRow {
  readonly attributes: Attributes;
}

type LabelledRows = Readonly<Record<keyof ExposedRows['rows'], readonly LabelledRow[]>>;

type RowSource = Exclude<MetricSource, { read: 'facts' | 'folded' | 'histogram' }>;

const BOUNDS_SECONDS: readonly number[] = BUCKET_BOUNDS_MS.map((bound) => Number((bound / 1_000).toFixed(6)));

/** All metrics, as they are now. */
export function resourceMetrics(input: ExpositionInput, around: MetricSurroundings): ResourceMetrics {
  const { rows, folded } = exposedRows(input.board, input.names, SERIES_CAPS);
  const labelled = withAttributes(rows);
  const times = { startTime: hrTime(input.facts.startSeconds * 1_000), endTime: hrTime(around.nowMs) };
  const metrics = METRIC_FAMILIES.flatMap((family): MetricData[] => {
    const { source } = family;
    if (source.read === 'histogram') return histogramMetric(family, source.every, labelled[family.of], times, around);
    return sumsOf(family, samplesOf(family, input, labelled, folded), times, around);
  });
  return { resource: around.resource, scopeMetrics: [{ scope: around.scope, metrics }] };
}

function withAttributes(rows: ExposedRows['rows']): LabelledRows {
  const all = Object.entries(rows).map(([kind, list]) => [kind, list.map((named) => ({ ...named, attributes: readLabels(named.labels) }))]);
  return Object.fromEntries(all) as LabelledRows;
}

function samplesOf({ of, source }: MetricFamily, input: ExpositionInput, rows: LabelledRows, folded: ExposedRows['folded']): Sample[] {
  switch (source.read) {
    case 'facts':
      return source.samples(input.facts).map(([labels, value]) => ({ of: '', attributes: readLabels(labels), value }));
    case 'folded':
      return Object.entries(folded).map(([label, value]) => ({ of: '', attributes: { label }, value }));
    case 'histogram':
      return [];
    default:
      return rows[of].flatMap((named) => rowSamples(source, named, input));
  }
}

function rowSamples(source: RowSource, { attributes, row, slots }: LabelledRow, { table }: ExpositionInput): Sample[] {
  switch (source.read) {
    case 'column':
      return [{ of: '', attributes, value: row[source.column]! }];
    case 'row':
      return [{ of: '', attributes, value: source.value(row) }];
    case 'table':
      // What cannot be summed is not said of a folded row.
      if (slots.length > 1 && !source.isAdditive) return [];
      return [{ of: '', attributes, value: slots.reduce((sum, slot) => sum + source.value(table, slot), 0) }];
    case 'statuses':
      return STATUS_CLASSES.map((code, column) => ({ of: '', attributes: { ...attributes, code }, value: row[column]! }));
    case 'columns':
      return source.columns
        .filter(([, column]) => source.isSparse !== true || row[column]! > 0)
        .map(([labels, column]) => ({ of: '', attributes: { ...attributes, ...readLabels(labels) }, value: row[column]! }));
    case 'durations':
      return [
        { of: '_sum', attributes, value: row[source.sum]! / 1_000 },
        { of: '_count', attributes, value: row[source.count]! },
      ];
  }
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function sumsOf(family: MetricFamily, samples: readonly Sample[], times: Times, { packages }: MetricSurroundings): MetricData[] {
  const { AggregationTemporality, DataPointType } = packages.sdkMetrics;
  return [...Map.groupBy(samples, ({ of }) => of)].map(([of, group]): MetricData => {
    const dataPoints = group.map(({ attributes, value }): DataPoint<number> => ({ ...times, attributes, value }));
    const common = { descriptor: descriptor(family, of, packages), aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPoints };
    return family.type === 'gauge'
      ? { ...common, dataPointType: DataPointType.GAUGE }
      : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true };
  });
}

/** Without samples a series is left out, as in the exposition. */
function histogramMetric(
  family: MetricFamily,
  every: number,
  rows: readonly LabelledRow[],
  times: Times,
  { packages }: MetricSurroundings,
): MetricData[] {
  const { AggregationTemporality, DataPointType } = packages.sdkMetrics;
  const boundaries = BOUNDS_SECONDS.filter((_bound, bucket) => (bucket + 1) % every === 0);
  const dataPoints = rows
    .map(({ attributes, row }): DataPoint<Histogram> => ({
      ...times,
      attributes,
      value: histogram(row, boundaries, every),
    }))
    .filter(({ value }) => value.count > 0);
  if (dataPoints.length === 0) return [];
  const common = { descriptor: descriptor(family, '', packages), aggregationTemporality: AggregationTemporality.CUMULATIVE };
  return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
}

/** Counts are per bucket here, not cumulative as in Prometheus' text. */
function histogram(row: Float64Array, boundaries: number[], every: number): Histogram {
  const counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  let count = 0;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    counts[Math.min(Math.floor(bucket / every), boundaries.length)]! += row[BUCKETS + bucket]!;
    count += row[BUCKETS + bucket]!;
  }
  return { buckets: { boundaries, counts }, sum: row[DURATION_SUM]! / 1_000, count };
}

/** UCUM units; none for counts: Prometheus' reading of OTLP would add `_ratio` to a gauge of unit `1`. */
function descriptor({ name, help }: MetricFamily, of: Sample['of'], { api }: MetricSurroundings['packages']): MetricData['descriptor'] {
  const unit = of === '_count' ? '' : /_seconds(_total)?$/.test(name) ? 's' : /_bytes(_total)?$/.test(name) ? 'By' : '';
  return { name: name + of, description: help, unit, valueType: api.ValueType.DOUBLE };
}
