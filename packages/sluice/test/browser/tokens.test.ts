/** Who may see and do what in the dashboard: the token is asked for, kept for the tab only, and one that may only read changes nothing. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { seriousFaults } from '../support/axe.ts';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';

const skip = browserFault() ?? false;
const READER = 'reader-0123456789-0123456789';
const OPERATOR = 'operator-0123456789-0123456789';
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const TOKENS = [
  { name: 'eyes', sha256: digest(READER), scope: 'read' },
  { name: 'hands', sha256: digest(OPERATOR), scope: 'admin' },
];

test('the dashboard of an API that asks for tokens', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start({ admin: { tokens: TOKENS }, isLoaded: false });
  await using browser = await TestBrowser.launch();

  await t.test('the token is asked for, a wrong one is told, and the right one is kept for this tab alone', async () => {
    const { page, faults } = await browser.open(stage.origin);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const dialog = page.getByRole('dialog', { name: 'Sluice asks for a token' });
    await dialog.waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    await dialog.getByLabel('Token').fill('wrong-0123456789-0123456789');
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await untilText(dialog, /does not take the token that it was given/);
    await dialog.getByLabel('Token').fill(OPERATOR);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await untilLive(page);
    await page.getByRole('region', { name: 'Services' }).getByRole('link', { name: 'shop' }).waitFor();
    assert.ok(!page.url().includes(OPERATOR));
    assert.deepEqual(
      asked.filter((url) => url.includes(OPERATOR)),
      [],
      'in no address',
    );
    assert.equal(await page.evaluate('JSON.stringify(localStorage)'), '{}');
    assert.equal((await page.context().cookies()).length, 0);
    await page.reload();
    await untilLive(page);
    assert.equal(await dialog.count(), 0, 'the tab still has it');
    const other = await page.context().newPage();
    await other.goto(stage.origin);
    await other.getByRole('dialog', { name: 'Sluice asks for a token' }).waitFor();
    await page.context().close();
    assert.deepEqual(faults, []);
  });

  await t.test('who gives none is not asked again and again, and sees why nothing is shown', async () => {
    const { page } = await browser.open(stage.origin);
    const dialog = page.getByRole('dialog', { name: 'Sluice asks for a token' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Routes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Routes' }).waitFor();
    await untilText(page.getByRole('main'), /token/i);
    assert.equal(await dialog.count(), 0);
    await page.getByRole('button', { name: 'Try now' }).click();
    await dialog.waitFor();
    await page.context().close();
  });

  await t.test('a token that may only read sees everything, is told so, and changes nothing', async () => {
    const { page, faults } = await browser.open(stage.origin);
    const dialog = page.getByRole('dialog', { name: 'Sluice asks for a token' });
    await dialog.getByLabel('Token').fill(READER);
    await page.keyboard.press('Enter');
    await untilLive(page);
    const changes: string[] = [];
    page.on('request', (request) => request.method() !== 'GET' && changes.push(`${request.method()} ${request.url()}`));
    const go = async (name: string): Promise<void> =>
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
    await page.getByRole('region', { name: 'Services' }).getByRole('link', { name: 'shop' }).click();
    await page.getByRole('region', { name: 'Endpoints: table' }).waitFor();
    assert.equal(
      await page
        .getByRole('button', { name: /Scale|Hold|Drain|Protect|Roll back/ })
        .filter({ visible: true })
        .and(page.locator(':enabled'))
        .count(),
      0,
    );
    await go('Cache');
    const purge = page.getByRole('button', { name: 'Purge', exact: true });
    await purge.waitFor();
    assert.ok(await purge.isDisabled());
    await untilText(page.getByRole('region', { name: 'Purge' }), /Your token may only read/);
    await go('Configuration');
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Reload' }).isDisabled());
    assert.ok(await page.getByLabel('Prints').isDisabled());
    await go('Alerts');
    await page.getByRole('button', { name: 'New silence' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'New silence' }).isDisabled());
    assert.ok(await page.getByRole('button', { name: 'Send a test alert' }).isDisabled());
    assert.deepEqual(changes, []);
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('and the API holds it, whatever a page would ask', async () => {
    await assert.rejects(stage.api('POST', '/api/services/shop/scale', { instances: 3 }, READER), /403.*scope/);
    const { items } = await stage.api<{ items: { who: string; outcome: string }[] }>('GET', '/api/audit', undefined, OPERATOR);
    assert.deepEqual(
      items.filter(({ who }) => who === 'eyes').map(({ outcome }) => outcome),
      ['this needs the scope "operate", and eyes has "read"'],
      'the refusal is all that the audit log has of them',
    );
  });
});
