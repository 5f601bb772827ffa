/** Writes the table of docs/reference/metrics.md, between its two marks, from the metric catalog. */
import { readFileSync, writeFileSync } from 'node:fs';
import { metricsReference } from '../../packages/sluice/src/observe/metric-catalog.ts';

const page = new URL('../../docs/reference/metrics.md', import.meta.url);
const marked = /(<!-- table: begin -->\n)[^]*(<!-- table: end -->)/;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(marked, (_, begin: string, end: string) => begin + metricsReference() + end),
);
