/** How a filter of the user's own is written: a function in a TypeScript configuration, or `{ custom: { module: './my-filter.ts' } }`. */
import * as z from 'zod';
import type { CustomPlan } from '../../filters/custom-plan.ts';
import { duration, flag, text } from '../scalar.ts';
import { preset, section } from '../section.ts';

/** It crosses to worker threads as text. */
function isPlain(value: unknown): boolean {
  return value === undefined || JSON.stringify(value) !== undefined;
}

export const customSchema = section("an object such as { module: './my-filter.ts' }", {
  module: text('a path', 4096).optional().describe("A module of your own; relative to the configuration's file."),
  export: text('a name', 256).default('default').describe('Which of its exports the filter is.'),
  options: z.unknown().refine(isPlain, 'must be plain data: what JSON can hold').optional().describe('Given to the filter.'),
  timeout: preset(duration('1ms', '1h'), '30s').describe('How long it may take until it answers or hands the request on. Then: 504.'),
  function: flag().default(false).describe('A function of a TypeScript configuration; filled in by Sluice.').meta({ deprecated: true }),
})
  .transform(({ module, export: name, options, timeout }): CustomPlan => {
    const place = { path: module ?? '', version: '' };
    return {
      name: module ?? 'function',
      source: module === undefined ? { kind: 'config', key: [], ...place } : { kind: 'module', export: name, ...place },
      options: options ?? null,
      timeoutMs: timeout,
    };
  })
  .meta({ id: 'CustomFilter', title: 'Your own filter', description: 'Code of your own: a module whose export is a filter.' });
