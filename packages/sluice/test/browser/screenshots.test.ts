/**
 * Pictures of the dashboard, as it looks after a minute under load when a folder is asked for (SLUICE_SCREENSHOTS=docs/images makes those of the README),
 * and else right away, in a folder of the system's for temporary files: to see what a change did to it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { eventually } from '../support/waiting.ts';

const skip = browserFault() ?? false;
const WANTED = process.env['SLUICE_SCREENSHOTS'];
const FOLDER = WANTED ?? join(tmpdir(), 'sluice-screenshots');
const UPTIME_SECONDS = WANTED === undefined ? 1 : 45;
const BYTES_MIN = 8 * 1_024;
const BYTES_MAX = 200 * 1_024;

interface Picture {
  readonly name: string;
  readonly hash: string;
  readonly options: BrowserContextOptions;
  readonly ready?: (page: Page) => Promise<void>;
}

const WIDE = { width: 1_280, height: 900 };
const CANARY = [{ share: '25%', pause: 'manual' }];
const PICTURES: readonly Picture[] = [
  { name: 'dashboard-light', hash: '#/', options: { viewport: WIDE, colorScheme: 'light' } },
  { name: 'dashboard-dark', hash: '#/', options: { viewport: WIDE, colorScheme: 'dark' } },
  {
    name: 'dashboard-service',
    hash: '#/services/shop',
    options: { viewport: WIDE, colorScheme: 'dark' },
    ready: async (page) => await page.getByRole('region', { name: 'Deploy: v1 → v2' }).waitFor(),
  },
  {
    name: 'dashboard-explain',
    hash: `#/routes?url=${encodeURIComponent('/legacy/report')}`,
    options: { viewport: WIDE, colorScheme: 'light' },
    ready: async (page) => await untilText(page.getByRole('main'), /at listener web: route legacy/),
  },
  {
    name: 'dashboard-logs',
    hash: '#/logs',
    options: { viewport: WIDE, colorScheme: 'dark' },
    ready: async (page) => await untilText(page.getByRole('region', { name: 'Requests: table' }).getByRole('row'), /GET/),
  },
  { name: 'dashboard-phone', hash: '#/', options: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } },
];

test('the dashboard is pictured', { timeout: 150_000, skip }, async (t) => {
  mkdirSync(FOLDER, { recursive: true });
  await using stage = await DashboardStage.start({ shop: { deploy: { canary: CANARY, guard: false } } });
  await using browser = await TestBrowser.launch();
  const load = startSteadyLoad({ port: Number(new URL(stage.url).port), path: '/shop/cart', connections: 4, pauseMs: 8 });
  t.after(async () => await load.stop());
  // Who watches from the beginning: rates of routes and endpoints are only counted while somebody does.
  const watcher = await browser.open(stage.origin);
  await eventually(90_000, `it has run for ${UPTIME_SECONDS} s`, async () => {
    const { uptimeSeconds } = await stage.api<{ uptimeSeconds: number }>('GET', '/api/status');
    return uptimeSeconds >= UPTIME_SECONDS;
  });
  await stage.api('POST', '/api/services/shop/deploy', { env: { CHANGE: '1' } });
  await eventually(10_000, 'the canary has its share', async () => (await stage.shop()).deploy?.share === 0.25);
  for (const { name, hash, options, ready } of PICTURES) {
    const { page, faults } = await browser.open(stage.origin, `/${hash}`, options);
    await untilLive(page);
    await ready?.(page);
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    assert.ok(size > BYTES_MIN && size < BYTES_MAX, `${file} has ${size} bytes`);
    assert.deepEqual(faults, []);
    await page.context().close();
  }
  assert.deepEqual(watcher.faults, []);
  t.diagnostic(`pictures are in ${FOLDER}`);
});
