/**
 * Two workers against one. The load generator and the backend need a core each, so a machine with two cores cannot show two busy
 * workers in requests per second. What two workers could serve on two free cores is derived from what is measured:
 *   capacity(one) = 1 / cpu(one);  capacity(two) = 1 / (cpu(two) × share of the busiest worker thread)
 * that is: CPU per request may rise with a second worker (shared counters, caches), and the work may be split unevenly (the kernel
 * spreads connections, not requests); both lower the ratio from 2.
 */
import { measure, median } from '../measure.ts';
import { sluice } from '../peers/sluice.ts';
import type { Subject } from '../peers/subject.ts';
import { threadCpuMicros } from '../proc.ts';
import type { Row, RowContext, RowResult } from './row.ts';

/** Many, so that the kernel's spreading of connections by hash is even: with 256 the busier of two workers often has 54 %. */
const CONNECTIONS = 1024;
const load = { path: '/small', connections: CONNECTIONS };

export const workersRow: Row = { id: 'workers', run };

async function run(context: RowContext): Promise<RowResult> {
  const title = `Two workers against one, ${CONNECTIONS} connections`;
  const columns = ['CPU µs/request', 'share of the busiest worker', 'relative capacity'];
  if (!context.kinds.includes(sluice)) return { id: 'workers', title, columns, cells: [], targets: [], notes: [] };
  const one = await sluice.start({ origin: context.origin, upstream: 'tcp', workers: 1 });
  const two = await sluice.start({ origin: context.origin, upstream: 'tcp', workers: 2 });
  for (const subject of [one, two]) await measure(subject, { ...load, seconds: 2 });
  const costs: [number[], number[]] = [[], []];
  const shares: number[] = [];
  for (let round = 0; round < context.rounds; round++) {
    costs[0].push((await measure(one, { ...load, seconds: context.seconds })).cpuMicrosPerRequest);
    const before = threadCpuMicros(two.started.pid);
    costs[1].push((await measure(two, { ...load, seconds: context.seconds })).cpuMicrosPerRequest);
    shares.push(busiestShare(before, two));
    context.log(`workers ${round + 1}/${context.rounds}: ${costs[0].at(-1)?.toFixed(1)} and ${costs[1].at(-1)?.toFixed(1)} us/request`);
  }
  for (const subject of [one, two]) await subject.started.stop();
  const [cpuOne, cpuTwo, share] = [median(costs[0]), median(costs[1]), median(shares)];
  const ratio = cpuOne / (cpuTwo * share);
  return {
    id: 'workers',
    title,
    columns,
    cells: [
      { subject: 'one worker', values: [cpuOne, 1, 1] },
      { subject: 'two workers', values: [cpuTwo, share, ratio] },
    ],
    targets: [{ text: '>= 1.8 x the capacity of one worker', measured: ratio, reached: ratio >= 1.8 }],
    notes: ['Derived, not seen in requests per second: relative capacity = CPU(one) / (CPU(two) × share of the busiest worker).'],
  };
}

/** Of the two threads that used most CPU since `before`, the part of the first. */
function busiestShare(before: ReadonlyMap<number, number>, subject: Subject): number {
  const used = [...threadCpuMicros(subject.started.pid)].map(([thread, micros]) => micros - (before.get(thread) ?? 0));
  const [first = 0, second = 0] = used.toSorted((left, right) => right - left);
  return first / Math.max(1, first + second);
}
