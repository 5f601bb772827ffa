/**
 * Reload of 10,000 routes under load: the time from asking (admin API, or SIGHUP for nginx) until a route that only the new
 * configuration has is served, and the requests that failed meanwhile. Each round adds a route of its own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../measure.ts';
import { nginxConfiguration } from '../peers/nginx.ts';
import { sluice, sluiceConfiguration, startSluice } from '../peers/sluice.ts';
import type { Subject, SubjectOptions } from '../peers/subject.ts';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import { startSteadyClient } from '../steady-client.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const ROUTES = 10_000;
const BOUND_MS = 300;

/** A proxy that can be given a route more. */
interface Reloadable {
  readonly subject: Subject;
  /** Writes the new configuration and asks for it; `answer` is the path that must become 200. */
  reload(answer: string): Promise<void>;
}

export const reloadRow: Row = { id: 'reload', run };

async function run(context: RowContext): Promise<RowResult> {
  const options: SubjectOptions = { origin: context.origin, upstream: 'tcp', workers: 1 };
  const subjects: Reloadable[] = [];
  if (context.kinds.includes(sluice)) subjects.push(await reloadableSluice(options));
  if (context.kinds.some((kind) => kind.name === 'nginx')) subjects.push(await reloadableNginx(options));
  const cells: Cell[] = [];
  for (const each of subjects) cells.push(await measureReloads(each, context));
  for (const { subject } of subjects) await subject.started.stop();
  const own = cells.find((cell) => cell.subject === 'Sluice')?.values ?? [];
  const [took = Number.NaN, failed = Number.NaN] = own;
  const target = { text: `<= ${BOUND_MS} ms and no failed request`, measured: took, reached: took <= BOUND_MS && failed === 0 };
  const targets = own.length > 0 ? [target] : [];
  return {
    id: 'reload',
    title: 'Reload of 10,000 routes under load',
    columns: ['ms', 'failed requests', 'requests'],
    cells,
    targets,
    notes: [],
  };
}

async function measureReloads({ subject, reload }: Reloadable, context: RowContext): Promise<Cell> {
  const client = startSteadyClient(subject.port, '/small', 16);
  const times: number[] = [];
  for (let round = 0; round < context.rounds; round++) {
    await sleep(500);
    const answer = `/added-${round}/small`;
    const started = performance.now();
    await reload(answer);
    await served(subject.port, answer);
    times.push(performance.now() - started);
    context.log(`reload ${round + 1}/${context.rounds} ${subject.name}: ${times.at(-1)?.toFixed(0)} ms`);
  }
  const { requests, failures } = await client.stop();
  for (const failure of failures.slice(0, 3)) context.log(`reload ${subject.name}: ${failure}`);
  return { subject: subject.name, values: [median(times), failures.length, requests] };
}

async function served(port: number, path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    if (response.status === 200) return;
  }
  throw new Error(`${path} is not served 10 s after the reload`);
}

const names = Array.from({ length: ROUTES }, (_, index) => `/service-${index}`);

async function reloadableSluice(options: SubjectOptions): Promise<Reloadable> {
  const routes: object[] = [{ path: '/small', to: 'origin' }, ...names.map((name) => ({ path: `${name}/*`, to: 'origin' }))];
  const subject = await startSluice(options, routes);
  const reload = async (answer: string): Promise<void> => {
    routes.push({ path: answer, to: 'origin', rewrite: { path: '/small' } });
    writeFileSync(subject.configFile, sluiceConfiguration(subject.port, subject.adminPort, options, routes));
    const response = await fetch(`http://127.0.0.1:${subject.adminPort}/api/reload`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (!response.ok) throw new Error(`POST /api/reload gave ${response.status}: ${(await response.text()).slice(0, 500)}`);
    await response.arrayBuffer();
  };
  return { subject, reload };
}

async function reloadableNginx(options: SubjectOptions): Promise<Reloadable> {
  const directory = temporaryDirectory('nginx-reload');
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  const locations = [
    '    location = /small { proxy_pass http://origin; }',
    ...names.map((name) => `    location ${name}/ { proxy_pass http://origin; }`),
  ];
  const write = (): void => writeFileSync(file, nginxConfiguration(directory, port, options, locations.join('\n')));
  write();
  const started = start('nginx-reload-log', 'nginx', ['-c', file, '-p', directory, '-g', 'daemon off;']);
  await waitForListener(started, port);
  const reload = async (answer: string): Promise<void> => {
    locations.push(`    location = ${answer} { rewrite ^ /small break; proxy_pass http://origin; }`);
    write();
    process.kill(Number(readFileSync(join(directory, 'pid'), 'utf8')), 'SIGHUP');
  };
  return { subject: { name: 'nginx', port, started }, reload };
}
