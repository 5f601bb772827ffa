/** Layer 4: new connections, each with one small exchange, and bytes, per second of the proxy's CPU. */
import { type Figures, measure, median } from '../measure.ts';
import { LARGE_BYTES } from '../origin.ts';
import type { Subject } from '../peers/subject.ts';
import { type Cell, leastRatioTarget, type Row, type RowContext, type RowResult } from './row.ts';
import { inTurns, startSubjects } from './subjects.ts';

/** wrk opens a connection anew when the backend has closed it. */
const fresh = { path: '/small', connections: 64, headers: ['Connection: close'] };
const bulk = { path: '/large', connections: 16 };
const BOUND = 0.67;

interface Round {
  readonly connectionsPerCpuSecond: number;
  readonly gigabytesPerCpuSecond: number;
  readonly failures: number;
}

export const tcpRow: Row = { id: 'tcp', run };

async function run(context: RowContext): Promise<RowResult> {
  const tryOut = async (subject: Subject): Promise<number | null> => {
    const { requestsPerSecond, failures } = await measure(subject, { ...bulk, seconds: 2 });
    return requestsPerSecond > 0 ? failures : null;
  };
  const subjects = await startSubjects(context, { row: 'tcp', protocol: 'tcp', origin: context.origin, tryOut });
  const rounds = await inTurns(context, 'tcp', subjects, round);
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject) => cell(subject.name, rounds.get(subject) ?? []));
  return {
    id: 'tcp',
    title: 'Layer 4, TCP: new connections with one exchange of 64 bytes, and downloads of 1 MiB',
    columns: ['connections per CPU second', 'GB per CPU second', 'failures'],
    cells,
    targets: [...leastRatioTarget(cells, 0, 'HAProxy', BOUND), ...leastRatioTarget(cells, 1, 'HAProxy', BOUND)],
    notes: [],
  };
}

async function round(subject: Subject, seconds: number): Promise<Round> {
  const short: Figures = await measure(subject, { ...fresh, seconds });
  const long: Figures = await measure(subject, { ...bulk, seconds });
  return {
    connectionsPerCpuSecond: 1e6 / short.cpuMicrosPerRequest,
    gigabytesPerCpuSecond: LARGE_BYTES / 1e9 / (long.cpuMicrosPerRequest / 1e6),
    failures: short.failures + long.failures,
  };
}

function cell(subject: string, rounds: readonly Round[]): Cell {
  const over = (pick: (figures: Round) => number): number => median(rounds.map(pick));
  const failures = rounds.reduce((sum, figures) => sum + figures.failures, 0);
  return {
    subject,
    values: [over((figures) => figures.connectionsPerCpuSecond), over((figures) => figures.gigabytesPerCpuSecond), failures],
  };
}
