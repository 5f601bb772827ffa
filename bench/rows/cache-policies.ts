/** Every eviction policy before recorded and made traces, and how far its hit ratios are from those of another simulator. */
import { EVICTION_NAMES, type EvictionName } from '../../packages/sluice/src/core/caching/eviction/policy.ts';
import { Regions } from '../../packages/sluice/src/core/caching/eviction/regions.ts';
import { replay, replayBefore, type ReplayTrace } from '../../packages/sluice/src/core/caching/eviction/replay.ts';
import { WTinyLfu, type WTinyLfuOptions } from '../../packages/sluice/src/core/caching/eviction/w-tinylfu.ts';
import { loadTrace, REFERENCE, type ReferencePolicy, type ReferenceRow } from '../caching-hit-ratio.ts';
import type { Cell, Row, RowContext, RowResult, Target } from './row.ts';

const TOLERANCE = 0.5;
/** Where chance has a part (random, and which keys share a counter), one run tells little. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** The sketch of the reference's W-TinyLFU has a quarter of our counters. */
const REFERENCE_COUNTERS = 4;

export const cachePoliciesRow: Row = { id: 'cache-policies', isVirtual: true, run: (context) => Promise.resolve(run(context)) };

function run(context: RowContext): RowResult {
  const cells: Cell[] = [];
  const missing: string[] = [];
  const worst = { steady: 0, adaptive: 0 };
  let leastGain = Infinity;
  for (const row of REFERENCE) {
    context.log(`cache-policies ${row.trace} ${row.capacity}`);
    const trace = loadTrace(row.trace);
    if (trace === null) {
      missing.push(row.trace);
      continue;
    }
    const measured = measure(trace, row);
    for (const { subject, values } of measured) {
      if (subject.endsWith(': w-tinylfu')) continue;
      const kind = subject.endsWith('adaptive') ? 'adaptive' : 'steady';
      worst[kind] = Math.max(worst[kind], Math.abs(values[2]!));
    }
    cells.push(...measured);
    leastGain = Math.min(leastGain, ratioOf(measured, 's3-fifo') - ratioOf(measured, 'lru'));
  }
  return {
    id: 'cache-policies',
    title: 'Cache: hit ratios of the eviction policies (virtual time)',
    columns: ['hits, %', 'reference, %', 'difference'],
    cells,
    targets: [
      within('all but the adaptive window', worst.steady),
      within('the adaptive window, whose climber may lose its way', worst.adaptive),
      { text: 's3-fifo >= lru everywhere, least lead in points', measured: leastGain, reached: leastGain >= 0 },
    ],
    notes: [
      'Objects of one size; the number is how many there is room for: 1 % or 10 % of those asked for. Zipf: 1,000,000 requests, exponent 0.9; loop: 1,011 objects.',
      `random and w-tinylfu: means of ${SEEDS.length} seeds. w-tinylfu is what runs: an adaptive window and a sketch of 16 counters for an entry, as in Caffeine; its reference is the adaptive one.`,
      `“w-tinylfu, 1 %” and “adaptive” have the reference's smaller sketch, ${REFERENCE_COUNTERS} counters for an entry, and are here to be held before it.`,
      ...(missing.length === 0
        ? []
        : [`Not measured, as the traces are not there: ${[...new Set(missing)].join(', ')}; SLUICE_TRACE_DIR says where.`]),
    ],
  };
}

function within(what: string, measured: number): Target {
  return { text: `${what}: within ${TOLERANCE} points of the reference, largest difference`, measured, reached: measured <= TOLERANCE };
}

function measure(trace: ReplayTrace, { trace: name, capacity, ratios }: ReferenceRow): Cell[] {
  const policies: readonly ReferencePolicy[] = [...EVICTION_NAMES, 'w-tinylfu, 1 %', 'w-tinylfu, adaptive'];
  return policies.map((policy) => {
    const measured = hitPercent(trace, policy, capacity);
    const reference = ratios[policy === 'w-tinylfu' ? 'w-tinylfu, adaptive' : policy];
    const difference = Math.round(100 * (measured - reference)) / 100;
    return { subject: `${name} ${capacity}: ${policy}`, values: [measured, reference, difference] };
  });
}

function hitPercent(trace: ReplayTrace, policy: ReferencePolicy, capacity: number): number {
  const seeds = policy === 'random' || policy.startsWith('w-tinylfu') ? SEEDS : SEEDS.slice(0, 1);
  const ratios = seeds.map((seed) => {
    const { hits, requests } = policy.includes(',')
      ? replayBefore(referenceTinyLfu(capacity, policy === 'w-tinylfu, adaptive', seed), trace, capacity, seed)
      : replay(trace, policy as EvictionName, capacity, seed);
    return (100 * hits) / requests;
  });
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

function referenceTinyLfu(capacity: number, isAdaptive: boolean, seed: number): WTinyLfu {
  const options: WTinyLfuOptions = { slots: capacity, capacityBytes: capacity, isAdaptive, counters: REFERENCE_COUNTERS };
  const counted = new Regions(null, 0);
  new WTinyLfu(counted, options);
  const policy = new WTinyLfu(new Regions(new ArrayBuffer(counted.bytes), 0), options);
  policy.format(seed);
  return policy;
}

function ratioOf(cells: readonly Cell[], policy: string): number {
  return cells.find(({ subject }) => subject.endsWith(`: ${policy}`))?.values[0] ?? Number.NaN;
}
