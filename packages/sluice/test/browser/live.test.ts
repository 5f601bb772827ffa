/** What moves by itself in the dashboard: figures under load, states, a connection that is lost and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';
import { eventually } from '../support/waiting.ts';

const skip = browserFault() ?? false;

test('figures move, states change in words, and a connection that is lost comes back by itself', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start();
  await using browser = await TestBrowser.launch();
  const { page, faults } = await browser.open(stage.origin);
  const main = page.getByRole('main');
  const connection = page.getByRole('banner').locator('.connection');
  await untilLive(page);
  await page.evaluate('window.isSamePage = true');

  await t.test('requests per second follow the load, in totals, table and map', async () => {
    const rate = main.locator('.total', { has: page.getByText('Requests', { exact: true }) }).locator('dd');
    await untilText(rate, /^[1-9]/);
    const row = main.getByRole('row', { name: /^shop/ });
    // Rows follow the traffic while they can be seen.
    await row.scrollIntoViewIfNeeded();
    await untilText(row, /^shop\s*up\s*[1-9]/);
    await page.getByRole('button', { name: 'As a list' }).click();
    const map = page.getByRole('region', { name: 'Traffic map' }).getByRole('listitem');
    await untilText(map.filter({ has: page.getByRole('link', { name: 'shop' }) }).last(), /shop.*[1-9][\d.]*\/s/);
    // A steady load may show the same rate for long; latencies and processor time are never all the same.
    const figures = async (): Promise<string> => (await main.locator('.total dd').allTextContents()).join(' ');
    const before = await figures();
    await eventually(20_000, 'figures are other ones', async () => (await figures()) !== before);
  });

  await t.test('an endpoint that fails is called degraded, with the reason among the events', async () => {
    await untilText(main.getByRole('row', { name: /^legacy/ }), /degraded/);
    await untilText(page.getByRole('region', { name: 'Events' }).getByRole('listitem'), /endpoint ejected.*127\.0\.0\.1:9/);
  });

  await t.test('a change by somebody else shows without a reload', async () => {
    await stage.api('POST', '/api/services/shop/scale', { instances: 3 });
    await untilText(main.getByRole('row', { name: /^shop/ }), /3 of 3 \(by hand\)/);
  });

  await t.test('a gateway that is killed is told, and what is shown is greyed', async () => {
    await stage.crash();
    await untilText(connection, /reconnecting|lost since/);
    await untilText(connection, /lost since \d\d:\d\d:\d\d/);
    await untilText(page.getByRole('status'), /The connection to Sluice is lost; what is shown is old/);
    await page.locator('main.stale').waitFor();
    const grey = await page.evaluate<string>("getComputedStyle(document.querySelector('main .live')).filter");
    assert.match(grey, /grayscale/);
    // The last figures stay to be read.
    assert.match((await main.getByRole('row', { name: /^shop/ }).textContent()) ?? '', /3 of 3/);
  });

  await t.test('it is started again, and the page goes on by itself with what is new', async () => {
    await stage.begin();
    await untilText(page.getByRole('banner'), /live/);
    await untilText(main.locator('header'), new RegExp(`process ${stage.sluice.child.pid} `));
    await page.locator('main:not(.stale)').waitFor();
    await untilText(main.locator('.total', { has: page.getByText('Requests', { exact: true }) }).locator('dd'), /^[1-9]/);
    assert.equal(await page.evaluate('window.isSamePage'), true, 'the page was not loaded again');
  });
  assert.deepEqual(faults, []);
});
