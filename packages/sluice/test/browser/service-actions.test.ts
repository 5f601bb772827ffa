/** What can be done to a service from its page: the outcome is told, shows in the page and holds in the gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';
import { eventually } from '../support/waiting.ts';

const skip = browserFault() ?? false;

test('a service is scaled, drained, protected and held from its page', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start();
  await using browser = await TestBrowser.launch();
  const { page, faults, notices } = await browser.open(stage.origin, '/#/services/shop');
  const table = page.getByRole('region', { name: 'Endpoints: table' });
  const instances = table.getByRole('rowheader');
  const dialog = page.getByRole('dialog');
  const scale = page.getByRole('button', { name: 'Scale…' });
  const ready = async (count: number): Promise<void> =>
    await eventually(15_000, `${count} instances are shown, and are ready`, async () => {
      const states = await table.locator('tbody tr').filter({ hasText: 'up' }).count();
      return states === count && (await instances.count()) === count;
    });
  await untilLive(page);
  await ready(2);

  await t.test('scaled up by hand, and the number is fixed', async () => {
    await scale.click();
    await untilText(dialog, /The policies want 2 of 2 to 4/);
    await dialog.getByLabel('Instances').fill('4');
    await dialog.getByRole('button', { name: 'Fix the number' }).click();
    await dialog.waitFor({ state: 'detached' });
    await untilText(notices, /4/);
    await ready(4);
    const { manual, ready: now } = await stage.shop();
    assert.deepEqual([manual, now], [4, 4]);
  });

  await t.test('scaled down, and left to the policies again', async () => {
    await scale.click();
    await untilText(dialog, /It is fixed at 4/);
    await dialog.getByLabel('Instances').fill('3');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await ready(3);
    assert.equal((await stage.shop()).manual, 3);
    await scale.click();
    await dialog.getByRole('button', { name: 'Leave it to the policies' }).click();
    await dialog.waitFor({ state: 'detached' });
    await eventually(5_000, 'nothing is fixed', async () => (await stage.shop()).manual === null);
  });

  await t.test("a wrong number is refused in the API's own words, and the dialog stays", async () => {
    await scale.click();
    // What the browser would refuse by itself does not reach the API.
    await dialog.locator('form').evaluate((form) => ((form as unknown as { noValidate: boolean }).noValidate = true));
    await dialog.getByLabel('Instances').fill('1001');
    await dialog.getByRole('button', { name: 'Fix the number' }).click();
    await untilText(notices.and(page.locator('.error')), /instances/);
    const told = (await notices.and(page.locator('.error')).locator('p').textContent()) ?? '';
    const refusal = await stage.api('POST', '/api/services/shop/scale', { instances: 1_001 }).catch((error: Error) => error.message);
    assert.match(told, /^instances must be a whole number 0\.\.1000 or "auto", got 1001$/);
    assert.ok(String(refusal).includes(JSON.stringify(told)), String(refusal));
    // In the dialog: what lies behind it is inert.
    await dialog.getByRole('button', { name: 'Close this message' }).last().click();
    await notices.and(page.locator('.error')).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  await t.test('an instance is protected, and not any more', async () => {
    const [first] = (await stage.shop()).instances;
    await page.getByRole('button', { name: `Protect ${first!.id}`, exact: true }).click();
    const row = table.getByRole('row', { name: first!.id });
    await untilText(row, /protected/);
    assert.equal((await stage.shop()).instances.find(({ id }) => id === first!.id)?.isProtected, true);
    await page.getByRole('button', { name: `Unprotect ${first!.id}` }).click();
    await page.getByRole('button', { name: `Protect ${first!.id}`, exact: true }).waitFor();
    assert.equal((await stage.shop()).instances.find(({ id }) => id === first!.id)?.isProtected, false);
  });

  await t.test('requests are held back, and go on', async () => {
    await page.getByRole('button', { name: 'Hold requests…' }).click();
    await dialog.getByRole('button', { name: 'Hold them' }).click();
    await untilText(page.getByRole('main').locator('header'), /requests held back/);
    assert.equal((await stage.shop()).isPaused, true);
    await page.getByRole('button', { name: 'Let requests go on' }).click();
    await page.getByRole('button', { name: 'Hold requests…' }).waitFor();
    assert.equal((await stage.shop()).isPaused, false);
    assert.equal(await (await fetch(`${stage.url}/shop/cart`)).text().then((text) => text.startsWith('shop.')), true);
  });

  await t.test('an endpoint is drained after a question, and brought back', async () => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('region', { name: 'Services' }).getByRole('link', { name: 'assets' }).click();
    await page.getByRole('heading', { level: 1, name: 'assets' }).waitFor();
    const row = table.locator('tbody tr');
    const name = (await instances.first().textContent()) ?? '';
    await page.getByRole('button', { name: `Drain ${name}`, exact: true }).click();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    const state = async (): Promise<unknown> =>
      (await stage.api<{ endpoints: { state: string }[] }>('GET', '/api/services/assets')).endpoints[0]!.state;
    assert.equal(await state(), 'up', 'who says no changes nothing');
    await page.getByRole('button', { name: `Drain ${name}`, exact: true }).click();
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await untilText(notices, /has finished, after .* s; it gets nothing new/);
    await untilText(row, /maintenance|draining/);
    assert.notEqual(await state(), 'up');
    await page.getByRole('button', { name: `Undrain ${name}` }).click();
    await untilText(notices, /is in use again/);
    await untilText(row, /up/);
    assert.equal(await state(), 'up');
  });
  assert.deepEqual(faults, []);
});
