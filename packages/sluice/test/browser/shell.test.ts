/** What all pages of the dashboard have in common: the way by keyboard, dialogs, colours, the policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { seriousFaults } from '../support/axe.ts';
import { browserFault, TestBrowser, untilLive } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';

const skip = browserFault() ?? false;

test('around the pages of the dashboard', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start();
  await using browser = await TestBrowser.launch();

  await t.test('keys alone lead past the navigation, and to another page, whose heading has the focus', async () => {
    const { page, faults } = await browser.open(stage.origin);
    await untilLive(page);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'Overview');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate("document.activeElement.closest('main') !== null"), true);
    await page.getByRole('link', { name: 'Skip to the page' }).focus();
    const passed: string[] = [];
    for (let step = 0; step < 8; step++) {
      await page.keyboard.press('Tab');
      passed.push(await focused(page));
    }
    assert.deepEqual(passed.slice(0, 7), ['Sluice, overview', 'Overview', 'Routes', 'Cache', 'Configuration', 'Logs', 'Alerts']);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Routes' }).focus();
    await page.keyboard.press('Enter');
    const heading = page.getByRole('heading', { level: 1, name: 'Routes' });
    await heading.waitFor();
    assert.equal(await focused(page), 'Routes');
    assert.equal(await page.title(), 'Routes · Sluice');
    assert.equal(await page.getByRole('link', { name: 'Routes', exact: true }).getAttribute('aria-current'), 'page');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.equal(await focused(page), 'Overview');
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  await t.test('a dialog takes the focus, keeps it, and Escape gives it back', async () => {
    const { page } = await browser.open(stage.origin, '/#/services/shop');
    const button = page.getByRole('button', { name: 'Scale…' });
    await button.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Scale shop by hand' });
    await dialog.waitFor();
    assert.deepEqual(await seriousFaults(page), []);
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press('Tab');
      // Between the last and the first the browser has its own place, which counts as the body.
      assert.ok(await page.evaluate("document.activeElement === document.body || document.activeElement.closest('dialog') !== null"));
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Scale…');
    await page.context().close();
  });

  await t.test('colours are chosen by hand, and stay', async () => {
    const { page } = await browser.open(stage.origin, '/', { colorScheme: 'light' });
    await page.getByRole('button', { name: 'Colours: Auto. Change' }).click();
    await page.getByRole('button', { name: 'Colours: Light. Change' }).click();
    await page.getByRole('button', { name: 'Colours: Dark. Change' }).waitFor();
    const background = 'getComputedStyle(document.body).backgroundColor';
    const dark = await page.evaluate<string>(background);
    assert.match(dark, /^rgb\((\d|[1-4]\d), /);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: Dark. Change' }).waitFor();
    assert.equal(await page.evaluate(background), dark);
    await page.context().close();
  });

  await t.test('the policy forbids what the dashboard does not need, and holds in the page', async () => {
    const reply = await fetch(`${stage.origin}/`);
    const policy = reply.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    const { page, faults } = await browser.open(stage.origin);
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.isBroken = true' }))");
    assert.equal(await page.evaluate('window.isBroken'), undefined);
    assert.match(faults.join('\n'), /Content Security Policy/, 'a breach counts as a fault of the page');
    await page.context().close();
  });
});

/** The accessible name of what has the focus, or its text. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate<string>("(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()");
}
