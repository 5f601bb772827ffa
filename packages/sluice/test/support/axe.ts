/** What axe-core finds in a page: breaches of WCAG 2.2 A and AA and of good practice that hinder people seriously. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Runs in the page. The page's policy allows no script tag, but what the debugger evaluates is not under it. */
const RUN = `axe.run(document).then(({ violations }) =>
  violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.slice(0, 5).map(({ html }) => html).join(' ')))`;

/** @returns Each with its rule and the elements; empty: nothing serious. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(SOURCE);
  return await page.evaluate<string[]>(RUN);
}
