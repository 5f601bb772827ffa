import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configJsonSchema } from '../../packages/sluice/src/config/json-schema.ts';
import { configurationPage } from './configuration-page.ts';
import { PAGE } from './configuration.ts';

test('the committed page is the one that the schema makes', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), configurationPage(configJsonSchema()), 'run: npm run docs');
});

test('every link of the page leads to a heading', () => {
  const page = configurationPage(configJsonSchema());
  const headings = new Set(Array.from(page.matchAll(/^## (.+)$/gm), ([, title = '']) => title.toLowerCase()));
  const links = Array.from(page.matchAll(/\]\(#([^)]+)\)/g), ([, anchor = '']) => anchor);
  assert.ok(links.length > 20);
  for (const anchor of links) assert.ok(headings.has(anchor), anchor);
});
