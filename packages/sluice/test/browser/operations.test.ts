/** What is done on the pages around services: a request is explained, replies are purged, an alert is silenced, a configuration is brought back, requests are watched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanRecord } from '../../src/observe/plan-record.ts';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';

const skip = browserFault() ?? false;
/** Fires as soon as an endpoint of the stage that is dead has been tried often enough. */
const ALERTS = {
  every: '1s',
  rules: { gone: { event: 'endpoint-ejected', window: '1h', severity: 'critical', summary: 'An endpoint is gone.' } },
};

test('what is done on the pages around services', { timeout: 60_000, skip }, async (t) => {
  await using stage = await DashboardStage.start({ more: { alerts: ALERTS } });
  await using browser = await TestBrowser.launch();

  await t.test('a request is explained by keyboard; what was asked stands in the address, which asks again', async () => {
    const { page, faults } = await browser.open(stage.origin, '/#/routes');
    await untilLive(page);
    await page.getByLabel('URL or path').focus();
    await page.keyboard.type('/assets/app.js');
    await page.keyboard.press('Enter');
    await untilText(page.locator('.answer'), /route assets, forward to assets/);
    assert.equal(new URL(page.url()).hash, '#/routes?method=GET&url=%2Fassets%2Fapp.js');
    await page.reload();
    await untilText(page.locator('.answer'), /route assets/);
    const verdicts = await page.getByRole('region', { name: 'Routes that were looked at' }).getByRole('listitem').allTextContents();
    assert.match(verdicts[0]!, /differs.*shop.*path "\/assets\/app\.js" does not fit \/shop\/\*/);
    assert.match(verdicts.at(-1)!, /taken.*assets/);
    await untilText(page.getByRole('region', { name: 'What happens to it' }), /cache.*100 %/);
    await page.getByLabel('Headers, a line each').fill('no header');
    await page.getByRole('button', { name: 'Explain' }).click();
    await untilText(page.getByRole('region', { name: 'Explain a request' }), /a header must be "name: value", got "no header"/);
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('a reply is made stale by its URL; everything is purged only when that is confirmed', async () => {
    const { page, faults } = await browser.open(stage.origin, '/#/cache');
    const top = page.getByRole('region', { name: 'Used most', exact: true });
    await untilText(top, /\/assets\/app\.js/);
    const url = (await top.locator('code').filter({ hasText: 'app.js' }).first().textContent())!;
    const form = page.getByRole('region', { name: 'Purge', exact: true });
    await form.getByRole('textbox', { name: 'URL' }).fill(url);
    await form.getByLabel('Only make it stale').check();
    await form.getByRole('button', { name: 'Purge' }).click();
    await untilText(form.getByRole('status'), /default: 1 reply made stale/);
    await form.getByRole('combobox', { name: 'What' }).selectOption({ label: 'Everything' });
    await form.getByLabel('Only make it stale').uncheck();
    await form.getByRole('button', { name: 'Purge' }).click();
    await page.getByRole('dialog', { name: 'Purge everything?' }).getByRole('button', { name: 'Purge everything' }).click();
    await untilText(form.getByRole('status'), /default: \d repl(?:y|ies) taken out/);
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('an alert is silenced with its labels, shows it, and is heard again when the silence is ended', async () => {
    const { page, faults } = await browser.open(stage.origin, '/#/alerts');
    await page.getByRole('button', { name: 'Silence gone' }).click();
    const dialog = page.getByRole('dialog', { name: 'New silence' });
    assert.match(await dialog.getByLabel('Alerts with all of these labels').inputValue(), /^rule=gone\n(?:.*\n)*service=legacy/);
    await dialog.getByLabel('Why').fill('moving it');
    await dialog.getByRole('button', { name: 'Silence' }).click();
    await untilText(page.getByRole('region', { name: 'Silences' }), /moving it/);
    await untilText(page.getByRole('region', { name: 'Firing and pending' }), /silenced by/);
    await page.getByRole('button', { name: /^End the silence of rule=gone/ }).click();
    await page.getByRole('dialog', { name: 'End this silence?' }).getByRole('button', { name: 'End it' }).click();
    await page.getByText('No alert is kept quiet.').waitFor();
    await page.getByRole('button', { name: 'Silence gone' }).waitFor();
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('requests are watched by endpoint, held, and opened to their fields', async () => {
    const { page, faults } = await browser.open(stage.origin, '/#/logs?service=assets');
    const table = page.getByRole('region', { name: 'Requests: table' });
    await untilText(table.getByRole('row'), /assets.*hit-memory/);
    const services = new Set(await table.locator('tbody td:nth-child(6)').allTextContents());
    assert.deepEqual([...services], ['assets']);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: /^Go on \(\d+ more\)/ }).waitFor();
    await table.locator('tbody button[aria-expanded]').first().click();
    await untilText(table.locator('dl'), /protocol\s*HTTP\/1\.1/);
    await page.getByLabel('Status').fill('99');
    await page.getByText('A status is a number such as 404, or a class such as 5xx.').waitFor();
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('two configurations are compared, and the first one is brought back', async () => {
    const plans = async (): Promise<readonly PlanRecord[]> => (await stage.api<{ items: PlanRecord[] }>('GET', '/api/plans')).items;
    stage.rewrite({ shop: { replicas: { min: 2, max: 6, scale: [{ signal: 'in-flight', target: 50 }] } }, more: { alerts: ALERTS } });
    await stage.api('POST', '/api/reload', {});
    const first = (await plans()).at(-1)!.generation;
    const { page, faults } = await browser.open(stage.origin, '/#/config?tab=history');
    for (const record of await plans()) await page.getByLabel(`Compare generation ${record.generation}`).check();
    const diff = page.getByRole('region', { name: 'Lines that differ' });
    await untilText(diff, /removed: -\s+"max": 4,/);
    await untilText(diff, /added: \+\s+"max": 6,/);
    await page.getByRole('button', { name: `Roll back to generation ${first}` }).click();
    const dialog = page.getByRole('dialog', { name: `Roll back to generation ${first}?` });
    await untilText(dialog, /It holds until the next reload/);
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await untilText(page.locator('.notice'), new RegExp(`generation ${first} again`));
    const [running] = await plans();
    assert.equal(running!.isRunning && running!.generation > first, true);
    assert.equal((await stage.shop()).max, 4);
    assert.deepEqual(faults, []);
    await page.context().close();
  });
});
