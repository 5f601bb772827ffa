/** Writes the table of docs/reference/admin-api.md, between its two marks, from the operations of the admin API. */
import { readFileSync, writeFileSync } from 'node:fs';
import { OPERATIONS } from '../../packages/sluice/src/admin/operations.ts';
import { referenceTable } from '../../packages/sluice/src/admin/reference-table.ts';

const page = new URL('../../docs/reference/admin-api.md', import.meta.url);
const marked = /(<!-- table: begin -->\n)[^]*(<!-- table: end -->)/;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(marked, (_, begin: string, end: string) => begin + referenceTable(OPERATIONS) + end),
);
