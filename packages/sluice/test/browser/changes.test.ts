/** What is asked and changed on the pages of routes, caches, configuration, logs and alerts: the outcome is told, and holds in the gateway. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';
import { eventually } from '../support/waiting.ts';

const skip = browserFault() ?? false;

test(
  'requests explained, caches purged, configurations compared and brought back, alerts silenced',
  { timeout: 120_000, skip },
  async (t) => {
    const told: string[] = [];
    const hook = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => told.push(text));
      request.on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    t.after(() => hook.close().closeAllConnections());
    const sinks = {
      hook: { webhook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` },
      gone: { webhook: 'http://127.0.0.1:9/' },
    };
    const rules = { always: { metric: 'sluice_build_info', above: 0, summary: 'it runs' } };
    const more = { alerts: { every: '1s', sinks, rules } };
    await using stage = await DashboardStage.start({ more });
    await using browser = await TestBrowser.launch();
    const { page, faults, notices } = await browser.open(stage.origin);
    const main = page.getByRole('main');
    const dialog = page.getByRole('dialog');
    await untilLive(page);

    await t.test('a request is explained: the route that is taken, why others are not, and the shares of the endpoints', async () => {
      await go(page, 'Routes');
      await page.getByLabel('URL or path').fill('/legacy/report?a=1');
      await page.getByRole('button', { name: 'Explain' }).click();
      await untilText(main, /at listener web: route legacy, forward to legacy/);
      const routes = page.getByRole('region', { name: 'Routes that were looked at' }).getByRole('listitem');
      await untilText(routes, /taken\s*legacy/);
      await untilText(routes, /differs\s*shop path "\/legacy\/report" does not fit \/shop\/\*/);
      const shares = page.getByRole('region', { name: 'What happens to it' }).getByRole('listitem');
      await untilText(shares, /127\.0\.0\.1:9\s*0 %\s*ejected/);
      await untilText(shares, /100 %\s*up/);
      assert.match(page.url(), /#\/routes\?.*url=%2Flegacy%2Freport/, 'the question is in the address, to be passed on');
      await page.getByLabel('URL or path').fill('/nowhere');
      await page.keyboard.press('Enter');
      await untilText(main, /no route matches, so 404 is answered/);
    });

    await t.test("what cannot be explained is refused in the API's own words", async () => {
      await page.getByLabel('URL or path').fill('http://[');
      await page.getByRole('button', { name: 'Explain' }).click();
      const refusal = await stage.api('GET', '/api/explain?method=GET&url=http%3A%2F%2F%5B').catch((error: Error) => error.message);
      const { detail } = JSON.parse(String(refusal).slice(String(refusal).indexOf('{'))) as { detail: string };
      await page.getByRole('region', { name: 'Explain a request' }).getByText(detail, { exact: true }).waitFor();
    });

    await t.test('routes are searched', async () => {
      const table = page.getByRole('region', { name: 'Routes: table' });
      await page.getByRole('searchbox', { name: 'Search' }).fill('asse');
      await eventually(5_000, 'one route is left', async () => (await table.locator('tbody tr').count()) === 1);
      await untilText(table.getByRole('row'), /assets.*cache/);
    });

    await t.test('replies are purged by URL, by beginning, and all; and what came of it is told', async () => {
      await go(page, 'Cache');
      const top = page.getByRole('region', { name: 'Used most', exact: true });
      await untilText(top.getByRole('row'), /\/assets\/app\.js/);
      await top
        .getByRole('button', { name: /^Purge .*app\.js$/ })
        .first()
        .click();
      await untilText(notices, /default: 1 reply taken out/);
      const purge = page.getByRole('region', { name: 'Purge', exact: true });
      await purge.getByLabel('What').selectOption('All that begins with');
      await purge.getByLabel('Beginning of the URL').fill(`${stage.url}/assets/`);
      await purge.getByLabel('Only make it stale').check();
      await purge.getByRole('button', { name: 'Purge' }).click();
      await untilText(purge.getByRole('status'), /default: [12] repl(y|ies) made stale/);
      await purge.getByLabel('What').selectOption('Everything');
      await purge.getByLabel('Only make it stale').uncheck();
      await purge.getByRole('button', { name: 'Purge' }).click();
      await untilText(dialog, /Everything in all caches is taken out/);
      await dialog.getByRole('button', { name: 'Purge everything' }).click();
      await untilText(purge.getByRole('status'), /taken out|not counted/);
      const { items } = await stage.api<{ items: { action: string }[] }>('GET', '/api/audit');
      assert.equal(items.filter(({ action }) => action === 'purge').length, 3);
    });

    await t.test("a purge of what is no URL is refused in the API's own words", async () => {
      const purge = page.getByRole('region', { name: 'Purge', exact: true });
      await purge.getByLabel('What').selectOption('One URL');
      await purge.getByLabel('URL', { exact: true }).fill('nothing');
      await purge.getByRole('button', { name: 'Purge' }).click();
      await untilText(notices, /url must be a URL such as "https:\/\/example\.com\/products\/7"/);
      await page.getByRole('button', { name: 'Close this message' }).last().click();
    });

    await t.test('another configuration is taken over, compared with the one before, and rolled back', async () => {
      await go(page, 'Configuration');
      // Instances that come and go make generations, too, but only configurations are kept.
      const running = async (): Promise<number> =>
        (await stage.api<{ items: { generation: number }[] }>('GET', '/api/plans')).items[0]!.generation;
      const before = await running();
      stage.rewrite({ more, shop: { replicas: { min: 2, max: 7 } } });
      await page.getByRole('button', { name: 'Reload' }).click();
      await dialog.getByRole('button', { name: 'Reload' }).click();
      await untilText(notices, /Generation \d+ runs: \d+ change/);
      const now = await running();
      assert.ok(now > before);
      await page.getByRole('link', { name: 'History' }).click();
      const history = page.getByRole('region', { name: 'Configurations that ran: table' });
      await untilText(history.getByRole('row'), new RegExp(`${now}\\s*runs`));
      await history.getByRole('checkbox', { name: `Compare generation ${before}` }).check();
      await history.getByRole('checkbox', { name: `Compare generation ${now}` }).check();
      const diff = page.getByRole('region', { name: `From generation ${before} to ${now}` });
      await untilText(diff.getByRole('region', { name: 'Lines that differ' }), /added: .*"max": 7/);
      await history.getByRole('button', { name: `Roll back to generation ${before}` }).click();
      await dialog.getByRole('button', { name: 'Roll back' }).click();
      await untilText(notices, new RegExp(`generation ${before} again`));
      assert.ok((await running()) > now, 'it runs as a new generation');
      await eventually(10_000, 'the bounds are those of before', async () => (await stage.shop()).max === 4);
    });

    await t.test('a configuration that is wrong is refused, each fault is told, and what ran runs on', async () => {
      const { generation } = await stage.api<{ generation: number }>('GET', '/api/status');
      stage.rewrite({ more, shop: { replicas: { min: 9, max: 2 } } });
      await page.getByRole('button', { name: 'Reload' }).click();
      await dialog.getByRole('button', { name: 'Reload' }).click();
      await untilText(notices, /replicas/);
      assert.equal((await stage.api<{ generation: number }>('GET', '/api/status')).generation, generation);
      await page.getByRole('button', { name: 'Close this message' }).last().click();
    });

    await t.test('less is printed, and the page of changes says who wanted it', async () => {
      await page.getByLabel('Prints').selectOption('errors only');
      await untilText(notices, /Sluice prints errors only/);
      assert.deepEqual(await stage.api('GET', '/api/log-level'), { level: 'error' });
      await page.getByRole('link', { name: 'Who did what' }).click();
      await untilText(page.getByRole('region', { name: 'Changes asked for: table' }).getByRole('row'), /log-level/);
    });

    await t.test('requests are seen as they end, filtered, and held', async () => {
      await go(page, 'Logs');
      const rows = page.getByRole('region', { name: 'Requests: table' }).locator('tbody tr');
      await untilText(rows, /GET 127\.0\.0\.1.*\/shop\/cart/);
      await page
        .getByRole('searchbox', { name: 'Route' })
        .or(page.getByLabel('Route', { exact: true }))
        .first()
        .fill('legacy');
      await eventually(10_000, 'only those of the route are left', async () => {
        const texts = await rows.allTextContents();
        return texts.length > 0 && texts.every((text) => text.includes('/legacy/report'));
      });
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: /^Go on \(\d+ more\)/ }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await rows.first().getByRole('button').first().click();
      await untilText(page.getByRole('region', { name: 'Requests: table' }), /legacy/);
    });

    await t.test('an alert that fires is silenced, and the silence ended', async () => {
      await go(page, 'Alerts');
      await page.getByRole('button', { name: 'Silence always' }).click();
      await dialog.getByLabel('For how long').fill('45m');
      await dialog.getByLabel('Why').fill('a test');
      await dialog.getByRole('button', { name: 'Silence' }).click();
      await untilText(notices, /The silence holds/);
      const silences = page.getByRole('region', { name: 'Silences' });
      await untilText(silences.getByRole('listitem'), /rule=always.*a test.*by/);
      await untilText(page.getByRole('region', { name: 'Firing and pending' }).getByRole('listitem'), /always.*silenced by/);
      const { items } = await stage.api<{ items: { match: object }[] }>('GET', '/api/silences');
      assert.equal(items.length, 1);
      await silences.getByRole('button', { name: /^End the silence of/ }).click();
      await dialog.getByRole('button', { name: 'End it' }).click();
      await untilText(silences, /No alert is kept quiet/);
      assert.deepEqual(await stage.api('GET', '/api/silences'), { items: [] });
    });

    await t.test('a silence that is wrong is refused in the dialog', async () => {
      await page.getByRole('button', { name: 'New silence' }).click();
      await dialog.getByRole('button', { name: 'Silence' }).click();
      await dialog.getByRole('alert').waitFor();
      await dialog.getByLabel('Alerts with all of these labels').fill('rule=~(');
      await dialog.getByRole('button', { name: 'Silence' }).click();
      await eventually(5_000, 'the expression is refused', async () => /\(/.test((await dialog.getByRole('alert').textContent()) ?? ''));
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      assert.deepEqual(await stage.api('GET', '/api/silences'), { items: [] });
    });

    await t.test('a test alert goes to each sink, and what came of it is told', async () => {
      const sinksPanel = page.getByRole('region', { name: 'Who is told' });
      const before = told.length;
      await sinksPanel.getByRole('button', { name: 'Send a test alert' }).click();
      await untilText(sinksPanel.getByRole('listitem'), /^hook\s*taken/);
      await untilText(sinksPanel.getByRole('listitem'), /^gone.*(refused|ECONNREFUSED|connect)/i);
      assert.ok(told.length > before, 'it came');
    });
    assert.deepEqual(faults, []);
  },
);

async function go(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}
