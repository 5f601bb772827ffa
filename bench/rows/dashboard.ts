/**
 * The dashboard in a browser (Debian's Chromium): how soon it shows something, how large it is, and what one viewer costs the control thread of a gateway with 200 endpoints under steady load.
 */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Browser } from 'playwright-core';
import { median } from '../measure.ts';
import { type SluiceSubject, startSluice } from '../peers/sluice.ts';
import { threadCpuMicros } from '../proc.ts';
import { runWrk } from '../wrk.ts';
import type { Row, RowContext, RowResult } from './row.ts';

const CHROMIUM = '/usr/bin/chromium';
const SERVICES = 20;
const ENDPOINTS = 10;
const PAINT_MAX_MS = 500;
const VIEWER_MAX_SHARE = 0.02;
const WATCHED_SECONDS = 15;

/** Runs in the page. */
const FIRST_PAINT = `(async () => {
  const paint = await new Promise((resolve) => {
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime);
    }).observe({ type: 'paint', buffered: true });
  });
  const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return { paint, bytes: loads.filter(({ name }) => !name.includes('/api/')).reduce((sum, { transferSize }) => sum + transferSize, 0) };
})()`;

/** Runs in the page: frames per second over five seconds. */
const FRAMES = `new Promise((resolve) => {
  let frames = 0;
  const begun = performance.now();
  const step = (now) => (now - begun < 5000 ? (frames++, requestAnimationFrame(step)) : resolve((frames * 1000) / (now - begun)));
  requestAnimationFrame(step);
})`;

export const dashboardRow: Row = { id: 'dashboard', run };

async function run(context: RowContext): Promise<RowResult> {
  const subject = await startMany(context);
  if (!existsSync(CHROMIUM)) throw new Error(`row dashboard: ${CHROMIUM} is missing; apt-get install chromium`);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const paints: number[] = [];
    let kibibytes = 0;
    for (let round = 0; round < Math.max(5, context.rounds); round++) {
      const visit = await firstVisit(browser, subject);
      paints.push(visit.paintMs);
      kibibytes = visit.bytes / 1_024;
    }
    const [alone, watched, frames] = await controlShares(browser, subject);
    const paint = median(paints);
    const share = watched - alone;
    return {
      id: 'dashboard',
      title: `Dashboard in Chromium, ${SERVICES * ENDPOINTS} endpoints`,
      columns: ['first paint ms', 'loaded KiB', 'control thread % alone', 'with a viewer %', 'frames/s'],
      cells: [{ subject: 'Sluice', values: [paint, kibibytes, alone * 100, watched * 100, frames] }],
      targets: [
        { text: `first paint <= ${PAINT_MAX_MS} ms`, measured: paint, reached: paint <= PAINT_MAX_MS },
        { text: 'one viewer <= 2 % of a core in the control thread', measured: share, reached: share <= VIEWER_MAX_SHARE },
      ],
      notes: ['First contentful paint of a browser without a cache, median. KiB as they come over the wire for the first page.'],
    };
  } finally {
    await browser.close();
    await subject.started.stop();
  }
}

function startMany({ origin }: RowContext): Promise<SluiceSubject> {
  const names = Array.from({ length: SERVICES }, (_, index) => `s${index}`);
  const endpoints = (index: number): string[] =>
    Array.from({ length: ENDPOINTS }, (_, endpoint) => `127.0.${1 + index}.${1 + endpoint}:${origin.port}`);
  const services = Object.fromEntries(names.map((name, index) => [name, { endpoints: endpoints(index) }]));
  const routes = names.map((name) => ({ name, path: `/${name}/*`, to: name, rewrite: { path: '/small' } }));
  return startSluice({ origin, upstream: 'tcp', workers: 1 }, routes, { services });
}

async function firstVisit(browser: Browser, subject: SluiceSubject): Promise<{ paintMs: number; bytes: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${subject.adminPort}/`, { waitUntil: 'load' });
  const found = await page.evaluate<{ readonly paint: number; readonly bytes: number }>(FIRST_PAINT);
  await context.close();
  return { paintMs: found.paint, bytes: found.bytes };
}

/** Shares of a core that the main thread uses under steady load: without, and with a viewer of the overview; and the frames that the viewer's browser draws each second. */
async function controlShares(browser: Browser, subject: SluiceSubject): Promise<[number, number, number]> {
  const load = runWrk({ port: subject.port, path: '/s0/small', connections: 4, seconds: WATCHED_SECONDS * 2 + 14 });
  await pause(1_000);
  const alone = await shareOver(subject, WATCHED_SECONDS);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${subject.adminPort}/`, { waitUntil: 'load' });
  await pause(3_000);
  const watched = await shareOver(subject, WATCHED_SECONDS);
  const frames = await page.evaluate<number>(FRAMES);
  await context.close();
  await load;
  return [alone, watched, frames];
}

async function shareOver({ started: { pid } }: SluiceSubject, seconds: number): Promise<number> {
  const before = threadCpuMicros(pid).get(pid) ?? 0;
  await pause(seconds * 1_000);
  return ((threadCpuMicros(pid).get(pid) ?? 0) - before) / 1e6 / seconds;
}
