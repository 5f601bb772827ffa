/** A real browser: Debian's Chromium, driven by playwright-core. One for a file of tests, a fresh context (no cache, no storage) for each page. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import { eventually } from './waiting.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Bounds every wait of a locator. */
const WAIT_MS = 10_000;

/** Why there is no browser here, with the remedy; null: there is. In CI a missing one is an error, so nothing is skipped there. */
export function browserFault(): string | null {
  if (existsSync(CHROMIUM) || process.env['CI'] === 'true') return null;
  return `${CHROMIUM} is missing: apt-get install chromium`;
}

export interface Visit {
  readonly page: Page;
  /** What went wrong in the page: uncaught errors, errors on its console (breaches of its policy, too), and requests to elsewhere. */
  readonly faults: readonly string[];
  /** The messages of what came of an action. */
  readonly notices: Locator;
}

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }));
  }

  /** Opens a page of the dashboard. @param origin Of the admin API: requests to elsewhere are faults. @param path `/#/services/shop`. */
  async open(origin: string, path = '/', options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // A refused or lost request is told by the page itself.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== 'data:') faults.push(`elsewhere: ${url.href}`);
    });
    const reply = await page.goto(`${origin}${path}`, { waitUntil: 'load' });
    assert.equal(reply?.status() ?? 200, 200);
    return { page, faults, notices: page.locator('.notice') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Waits until the locator's text is as wanted: for what changes by itself, where a look would come too early. */
export async function untilText(locator: Locator, wanted: RegExp): Promise<void> {
  await locator.filter({ hasText: wanted }).first().waitFor();
}

/** The page has its data, and is told what is new. */
export async function untilLive(page: Page): Promise<void> {
  await page.getByRole('banner').getByText('live', { exact: true }).waitFor();
  await eventually(WAIT_MS, 'nothing is being loaded', async () => (await page.getByText('Loading…').count()) === 0);
}
