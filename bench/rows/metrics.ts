/**
 * `/metrics` of a gateway with 200 services of 10 endpoints, all of which have had traffic: how long it takes, and what it does to the requests that go through meanwhile.
 */
import { request } from 'node:http';
import { median } from '../measure.ts';
import { type SluiceSubject, startSluice } from '../peers/sluice.ts';
import { threadCpuMicros } from '../proc.ts';
import { runWrk } from '../wrk.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const SERVICES = 200;
const ENDPOINTS = 10;
const SCRAPES = 10;
const SCRAPE_MAX_MS = 50;
/** Of p99 with scrapes to p99 without, over rounds in turns. */
const P99_RATIO_MAX = 1.1;
const FORMATS = ['text/plain', 'application/openmetrics-text; version=1.0.0'];

export const metricsRow: Row = { id: 'metrics', run };

async function run(context: RowContext): Promise<RowResult> {
  const subject = await startMany(context);
  for (let index = 0; index < SERVICES; index++)
    await runWrk({ port: subject.port, path: `/s${index}/small`, connections: 10, seconds: 0.05 });
  const cells: Cell[] = [];
  for (const format of FORMATS) {
    const figures: { ms: number; cpuMs: number; bytes: number }[] = [];
    for (let scrape = 0; scrape < SCRAPES; scrape++) figures.push(await scrapeOnce(subject, format));
    const over = (pick: (figure: (typeof figures)[number]) => number): number => median(figures.map(pick));
    cells.push({ subject: format, values: [over(({ ms }) => ms), over(({ cpuMs }) => cpuMs), over(({ bytes }) => bytes) / 1_048_576] });
  }
  const [quiet, scraped] = await latencies(context, subject);
  await subject.started.stop();
  const slowest = Math.max(...cells.map(({ values }) => values[0]!));
  const ratio = median(scraped) / median(quiet);
  return {
    id: 'metrics',
    title: `/metrics, ${SERVICES} services of ${ENDPOINTS} endpoints, all with traffic, two workers`,
    columns: ['ms', 'control thread ms', 'MiB'],
    cells,
    targets: [
      { text: `/metrics <= ${SCRAPE_MAX_MS} ms`, measured: slowest, reached: slowest <= SCRAPE_MAX_MS },
      { text: `p99 of traffic, scraped each second <= ${P99_RATIO_MAX} x unscraped`, measured: ratio, reached: ratio <= P99_RATIO_MAX },
    ],
    notes: [
      `p99 of traffic: ${median(quiet).toFixed(2)} ms unscraped, ${median(scraped).toFixed(2)} ms scraped each second; load generator, backend, workers and control thread share the cores.`,
    ],
  };
}

function startMany({ origin }: RowContext): Promise<SluiceSubject> {
  const names = Array.from({ length: SERVICES }, (_, index) => `s${index}`);
  // Addresses that differ and lead to one backend: all of 127.0.0.0/8 is this machine.
  const endpoints = (index: number): string[] =>
    Array.from(
      { length: ENDPOINTS },
      (_, endpoint) => `127.0.${1 + (index >> 4)}.${1 + (index & 15) * ENDPOINTS + endpoint}:${origin.port}`,
    );
  const services = Object.fromEntries(names.map((name, index) => [name, { endpoints: endpoints(index), balance: 'round-robin' }]));
  const routes = names.map((name) => ({ name, path: `/${name}/*`, to: name, rewrite: { path: '/small' } }));
  return startSluice({ origin, upstream: 'tcp', workers: 2 }, routes, { services });
}

async function scrapeOnce(subject: SluiceSubject, accept: string): Promise<{ ms: number; cpuMs: number; bytes: number }> {
  const { pid } = subject.started;
  const before = threadCpuMicros(pid).get(pid) ?? 0;
  const startedAt = performance.now();
  const bytes = await new Promise<number>((resolve, reject) => {
    request({ port: subject.adminPort, host: '127.0.0.1', path: '/metrics', headers: { accept } }, (reply) => {
      let length = 0;
      reply.on('data', (chunk: Buffer) => (length += chunk.length)).once('end', () => resolve(length));
    })
      .once('error', reject)
      .end();
  });
  const ms = performance.now() - startedAt;
  return { ms, cpuMs: ((threadCpuMicros(pid).get(pid) ?? 0) - before) / 1_000, bytes };
}

/** p99 of rounds without and with a scrape each second, in turns. */
async function latencies(context: RowContext, subject: SluiceSubject): Promise<[number[], number[]]> {
  const found: [number[], number[]] = [[], []];
  for (let round = 0; round < context.rounds * 2; round++) {
    const isScraped = round % 2 === 1;
    const scraping = isScraped ? setInterval(() => void scrapeOnce(subject, FORMATS[0]!), 1_000) : undefined;
    const { p99Micros } = await runWrk({ port: subject.port, path: '/s0/small', connections: 16, seconds: context.seconds });
    clearInterval(scraping);
    found[isScraped ? 1 : 0].push(p99Micros / 1_000);
    context.log(`metrics ${round + 1}: p99 ${(p99Micros / 1_000).toFixed(2)} ms${isScraped ? ' scraped' : ''}`);
  }
  return found;
}
