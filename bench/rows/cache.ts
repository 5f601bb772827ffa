/**
 * Memory hits of the caches, and gzip on the way: Sluice beside nginx (`proxy_cache` on a file system in memory, `gzip`) and Varnish (malloc), one worker each, in turns. Hits carry what each
 * says of them by default: Age and Via (Varnish, Sluice), Cache-Status (Sluice); nginx says the same as Via and X-Cache.
 */
import { type Figures, measure, medianFigures } from '../measure.ts';
import type { Subject } from '../peers/subject.ts';
import { cachingNginx } from '../peers/caching-nginx.ts';
import { startSluice } from '../peers/sluice.ts';
import { varnish } from '../peers/varnish.ts';
import { type Cell, ratioTarget, type Row, type RowContext, type RowResult } from './row.ts';
import { inTurns } from './subjects.ts';

/** nginx's and Sluice's, so that both do the same. */
const GZIP_LEVEL = 5;

interface CacheRow {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly filters: readonly unknown[];
  readonly hasVarnish: boolean;
  readonly bounds: readonly (readonly [peer: string, bound: number])[];
  readonly notes: readonly string[];
}

const rows: readonly CacheRow[] = [
  {
    id: 'cache-hit-small',
    title: 'Cache: memory hit, 1 KiB, 64 connections, one worker',
    path: '/cached/1k',
    headers: [],
    filters: ['cache'],
    hasVarnish: true,
    bounds: [
      ['nginx', 1.2],
      ['Varnish', 1.2],
    ],
    notes: [],
  },
  {
    id: 'cache-hit-large',
    title: 'Cache: memory hit, 100 KiB, 64 connections, one worker',
    path: '/cached/100k',
    headers: [],
    filters: ['cache'],
    hasVarnish: true,
    bounds: [['nginx', 1.5]],
    notes: [
      'nginx hands a file over to the kernel (`sendfile`), which copies nothing; Node.js has no way to do that. Nearly all of it is the copy into the kernel: a bare `socket.write` of 100 KiB in Node.js, with nothing around it, takes no less.',
    ],
  },
  {
    id: 'gzip',
    title: `gzip of 100 KiB of JSON at level ${GZIP_LEVEL}, 16 connections, one worker`,
    path: '/json',
    headers: ['Accept-Encoding: gzip'],
    filters: [{ compress: { codings: ['gzip'], level: GZIP_LEVEL } }],
    hasVarnish: false,
    bounds: [['nginx', 1.2]],
    notes: [],
  },
];

export const cacheRows: readonly Row[] = rows.map((row) => ({ id: row.id, run: (context) => runRow(row, context) }));

async function runRow(row: CacheRow, context: RowContext): Promise<RowResult> {
  const subjects = await startAll(row, context);
  const connections = row.id === 'gzip' ? 16 : 64;
  const load = { path: row.path, connections, headers: row.headers };
  for (const subject of subjects) await measure(subject, { ...load, seconds: Math.min(2, context.seconds) }); // warm-up: the first miss, too
  const rounds = await inTurns<Figures>(context, row.id, subjects, (subject, seconds) => measure(subject, { ...load, seconds }));
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject): Cell => {
    const { cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, failures } = medianFigures(rounds.get(subject) ?? []);
    return { subject: subject.name, values: [cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, failures] };
  });
  return {
    id: row.id,
    title: row.title,
    columns: ['CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'failures'],
    cells,
    targets: row.bounds.flatMap(([peer, bound]) => ratioTarget(cells, 0, peer, bound)),
    notes: row.notes,
  };
}

async function startAll(row: CacheRow, context: RowContext): Promise<Subject[]> {
  const options = { origin: context.origin, upstream: 'tcp', workers: 1 } as const;
  const routes = [{ path: '/*', to: 'origin', filters: row.filters }];
  const subjects: Subject[] = [await startSluice(options, routes), await cachingNginx(options, GZIP_LEVEL, true)];
  if (row.id === 'cache-hit-large') subjects.push(await cachingNginx(options, GZIP_LEVEL, false));
  if (row.hasVarnish && varnish.version() !== null) subjects.push(await varnish.start(options));
  return subjects;
}
