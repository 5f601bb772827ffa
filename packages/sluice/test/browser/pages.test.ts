/** Every page of the dashboard: opens without a fault, is found by keyboard and screen reader, in light and dark, and fits a phone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { seriousFaults } from '../support/axe.ts';
import { browserFault, TestBrowser, untilLive } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';

const skip = browserFault() ?? false;
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

interface Expected {
  readonly hash: string;
  readonly heading: string;
  /** Of the regions that are on it. */
  readonly regions: readonly string[];
}

const PAGES: readonly Expected[] = [
  { hash: '#/', heading: 'Overview', regions: ['Traffic map', 'Requests', 'Latency', 'Services', 'Alerts', 'Events'] },
  { hash: '#/services/shop', heading: 'shop', regions: ['Endpoints and instances', 'Scaling', 'Requests', 'Latency'] },
  { hash: '#/services/legacy', heading: 'legacy', regions: ['Endpoints', 'Requests', 'Latency'] },
  { hash: '#/routes?url=%2Fassets%2Fapp.js', heading: 'Routes', regions: ['Explain a request', 'All routes'] },
  { hash: '#/cache', heading: 'Cache', regions: ['Caches', 'Purge', 'Used most'] },
  { hash: '#/config', heading: 'Configuration', regions: [] },
  { hash: '#/config?tab=history', heading: 'Configuration', regions: ['Configurations that ran'] },
  { hash: '#/config?tab=audit', heading: 'Configuration', regions: ['Changes asked for over the API'] },
  { hash: '#/logs', heading: 'Logs', regions: ['Requests as they end'] },
  { hash: '#/logs?tab=events', heading: 'Logs', regions: ['Events'] },
  { hash: '#/logs?tab=instances', heading: 'Logs', regions: [] },
  { hash: '#/alerts', heading: 'Alerts', regions: ['Firing and pending', 'Silences', 'Who is told', 'What is watched'] },
  { hash: '#/nothing', heading: 'No such page', regions: [] },
];

test('each page of the dashboard', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start();
  // Something in the list of changes that were asked for.
  await stage.api('PUT', '/api/log-level', { level: 'info' });
  await using browser = await TestBrowser.launch();

  for (const { hash, heading, regions } of PAGES) {
    await t.test(`${hash} has a heading, a title and its parts, and nothing serious for axe, light or dark, wide or narrow`, async () => {
      const { page, faults } = await browser.open(stage.origin, `/${hash}`, { colorScheme: 'light', viewport: DESKTOP });
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      for (const name of regions) await page.getByRole('region', { name, exact: true }).waitFor();
      await untilLive(page);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.equal(await page.title(), `${heading} · Sluice`);
      assert.deepEqual(await seriousFaults(page), [], 'light');
      await assertNoEmptyTail(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.deepEqual(await seriousFaults(page), [], 'dark');
      await page.setViewportSize(PHONE);
      await untilLive(page);
      assert.deepEqual(await seriousFaults(page), [], 'on a phone');
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= PHONE.width, 'the page scrolls sideways');
      assert.deepEqual(faults, []);
      await page.context().close();
    });
  }
});

/** The page ends where its content does: what is hidden from the eye must not make it longer. */
async function assertNoEmptyTail(page: Page): Promise<void> {
  const [height, end] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollHeight, Math.max(innerHeight, document.querySelector('main').getBoundingClientRect().bottom + scrollY)]",
  );
  assert.ok(height <= end + 1, `the page is ${height} px high, and its content ends at ${end} px`);
}
