/**
 * The rows that wrk loads in a closed loop: small answers over TCP and unix-socket upstreams, 1 MiB downloads and uploads.
 * All proxies run at once and are loaded in turns, round after round, so that a slow minute of the machine hits all alike.
 */
import { LARGE_BYTES } from '../origin.ts';
import { measure, medianFigures, type Figures } from '../measure.ts';
import type { Subject, SubjectOptions } from '../peers/subject.ts';
import type { WrkOptions } from '../wrk.ts';
import { ratioTarget, type Cell, type Row, type RowContext, type Target } from './row.ts';

interface ThroughputRow {
  readonly id: string;
  readonly title: string;
  readonly upstream: SubjectOptions['upstream'];
  readonly load: Omit<WrkOptions, 'port' | 'seconds'>;
  /** Set when the row counts CPU seconds per GB in place of microseconds per request. */
  readonly bytesPerRequest: number;
  readonly bounds: readonly (readonly [peer: string, bound: number])[];
}

const rows: readonly ThroughputRow[] = [
  {
    id: 'small',
    title: 'Small GET, keep-alive, 64 connections, TCP upstream, one worker',
    upstream: 'tcp',
    load: { path: '/small', connections: 64 },
    bytesPerRequest: 0,
    bounds: [
      ['nginx', 1.3],
      ['HAProxy', 1.3],
      ['Caddy', 0.4],
      ['http-proxy-3', 0.4],
      ['nginx, bare', 1.3],
      ['HAProxy, bare', 1.3],
    ],
  },
  {
    id: 'unix',
    title: 'Small GET, keep-alive, 64 connections, unix-socket upstream, one worker',
    upstream: 'unix',
    load: { path: '/small', connections: 64 },
    bytesPerRequest: 0,
    bounds: [
      ['nginx', 1.3],
      ['nginx, bare', 1.3],
    ],
  },
  {
    id: 'download',
    title: '1 MiB downloads, 16 connections',
    upstream: 'tcp',
    load: { path: '/large', connections: 16 },
    bytesPerRequest: LARGE_BYTES,
    bounds: [['nginx', 1.6]],
  },
  {
    id: 'upload',
    title: '1 MiB uploads, 16 connections',
    upstream: 'tcp',
    load: { path: '/put/file', connections: 16, method: 'PUT', bodyBytes: LARGE_BYTES },
    bytesPerRequest: LARGE_BYTES,
    bounds: [['nginx', 1.6]],
  },
];

const SAME_WORK =
  'nginx and HAProxy add the same headers as Sluice does by default (X-Forwarded-For, -Proto and -Host, Via both ways, X-Request-Id); "bare" adds none, on either side. The Node.js libraries and Caddy are as they come, with X-Forwarded-*.';

export const throughputRows: readonly Row[] = rows.map((row) => ({ id: row.id, run: (context) => runRow(row, context) }));

async function runRow(row: ThroughputRow, context: RowContext) {
  const subjects: Subject[] = [];
  for (const kind of context.kinds) subjects.push(await kind.start({ origin: context.origin, upstream: row.upstream, workers: 1 }));
  const figures = await loadInTurns(row, context, subjects);
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject) => cell(row, subject.name, medianFigures(figures.get(subject.name) ?? [])));
  const targets: Target[] = row.bounds.flatMap(([peer, bound]) => ratioTarget(cells, 0, peer, bound));
  return { id: row.id, title: row.title, columns: columns(row), cells, targets, notes: notes(row) };
}

async function loadInTurns(row: ThroughputRow, context: RowContext, subjects: readonly Subject[]): Promise<Map<string, Figures[]>> {
  const figures = new Map<string, Figures[]>(subjects.map((subject) => [subject.name, []]));
  for (const subject of subjects) await measure(subject, { ...row.load, seconds: Math.min(2, context.seconds) }); // warm-up
  for (let round = 0; round < context.rounds; round++) {
    for (const subject of subjects) {
      const result = await measure(subject, { ...row.load, seconds: context.seconds });
      figures.get(subject.name)?.push(result);
      const cpu = result.cpuMicrosPerRequest.toFixed(1);
      context.log(`${row.id} ${round + 1}/${context.rounds} ${subject.name}: ${cpu} us/request, ${result.requestsPerSecond.toFixed(0)}/s`);
    }
  }
  return figures;
}

function columns(row: ThroughputRow): string[] {
  return [row.bytesPerRequest > 0 ? 'CPU s/GB' : 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'failures'];
}

function cell(row: ThroughputRow, subject: string, figures: Figures): Cell {
  const { cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, failures } = figures;
  const cost = row.bytesPerRequest > 0 ? cpuMicrosPerRequest / 1e6 / (row.bytesPerRequest / 1e9) : cpuMicrosPerRequest;
  return { subject, values: [cost, requestsPerSecond, p50Ms, p99Ms, failures] };
}

function notes(row: ThroughputRow): string[] {
  if (row.id === 'small' || row.id === 'unix') return [SAME_WORK];
  return row.id === 'upload' ? ['nginx streams uploads here (`proxy_request_buffering off`), as Sluice always does.'] : [];
}
