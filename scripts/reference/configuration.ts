/**
 * Writes docs/reference/configuration.md from the configuration's JSON Schema. The page is committed, so that it can be read without running anything; a test
 * holds it equal to what this makes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../../packages/sluice/src/config/json-schema.ts';
import { configurationPage } from './configuration-page.ts';

/** Where the page is. */
export const PAGE = join(import.meta.dirname, '../../docs/reference/configuration.md');

if (import.meta.main) {
  const page = configurationPage(configJsonSchema());
  const before = readFileSync(PAGE, { encoding: 'utf8', flag: 'a+' });
  if (page !== before) writeFileSync(PAGE, page);
}
