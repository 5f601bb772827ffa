/** A canary seen and steered in the dashboard: promoted, held, let go on, rolled back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserFault, TestBrowser, untilLive, untilText } from '../support/browser.ts';
import { DashboardStage } from '../support/dashboard-stage.ts';
import { eventually } from '../support/waiting.ts';

const skip = browserFault() ?? false;
const STEPS = [
  { share: '10%', pause: 'manual' },
  { share: '50%', pause: 'manual' },
];

test('a canary is seen, promoted, held, let go on and rolled back', { timeout: 120_000, skip }, async (t) => {
  await using stage = await DashboardStage.start({ shop: { deploy: { canary: STEPS, guard: false } } });
  await using browser = await TestBrowser.launch();
  const { page, faults } = await browser.open(stage.origin, '/#/services/shop');
  const panel = page.getByRole('region', { name: /^Deploy: v\d → v\d/ });
  const dialog = page.getByRole('dialog');
  const share = async (): Promise<number | undefined> => (await stage.shop()).deploy?.share;
  const versions = async (): Promise<string[]> => [...new Set((await stage.shop()).instances.map(({ version }) => version))];
  await untilLive(page);

  await t.test('a deploy that begins shows by itself: its versions, its share, why it waits', async () => {
    await stage.api('POST', '/api/services/shop/deploy', { env: { CHANGE: '1' } });
    await page.getByRole('region', { name: 'Deploy: v1 → v2' }).waitFor();
    const bar = panel.getByRole('progressbar', { name: 'Requests to v2' });
    await eventually(10_000, 'a tenth goes to the new one', async () => (await bar.getAttribute('aria-valuenow')) === '10');
    await untilText(panel, /canary/);
    await untilText(panel, /held until/);
    await untilText(page.getByRole('region', { name: 'Endpoints: table' }).getByRole('row'), /v2/);
    assert.equal(await share(), 0.1);
  });

  await t.test('promoted, it takes its next step', async () => {
    await panel.getByRole('button', { name: 'Promote…' }).click();
    await dialog.getByRole('button', { name: 'Promote' }).click();
    await dialog.waitFor({ state: 'detached' });
    const bar = panel.getByRole('progressbar', { name: 'Requests to v2' });
    await eventually(10_000, 'half goes to the new one', async () => (await bar.getAttribute('aria-valuenow')) === '50');
    assert.equal(await share(), 0.5);
  });

  await t.test('held, it says so, and goes on when told', async () => {
    await panel.getByRole('button', { name: 'Pause' }).click();
    await panel.getByRole('button', { name: 'Continue' }).waitFor();
    assert.equal((await stage.shop()).deploy?.phase, 'paused');
    await panel.getByRole('button', { name: 'Continue' }).click();
    await panel.getByRole('button', { name: 'Pause' }).waitFor();
    assert.notEqual((await stage.shop()).deploy?.phase, 'paused');
  });

  await t.test('rolled back, the version that was has everything again', async () => {
    await panel.getByRole('button', { name: 'Roll back…' }).click();
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await panel.waitFor({ state: 'detached' });
    await eventually(10_000, 'only the old version runs', async () => (await versions()).join() === 'v1');
    await untilText(page.getByRole('main').locator('header'), /version v1/);
  });

  await t.test('promoted to its end, the new one has everything; and a version that is finished is rolled back, too', async () => {
    await stage.api('POST', '/api/services/shop/deploy', { env: { CHANGE: '2' } });
    for (const expected of ['10', '50']) {
      const bar = panel.getByRole('progressbar', { name: /^Requests to v\d/ });
      await eventually(10_000, `${expected} % go to the new one`, async () => (await bar.getAttribute('aria-valuenow')) === expected);
      await panel.getByRole('button', { name: 'Promote…' }).click();
      await dialog.getByRole('button', { name: 'Promote' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    await panel.waitFor({ state: 'detached' });
    await untilText(page.getByRole('main').locator('header'), /version v3/);
    await eventually(10_000, 'only the new version runs', async () => (await versions()).join() === 'v3');
    await page.getByRole('button', { name: 'Roll back…' }).click();
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await eventually(10_000, 'the one before is on its way', async () =>
      /v3 → v\d/.test((await panel.getByRole('heading').allTextContents()).join()),
    );
  });
  assert.deepEqual(faults, []);
});
