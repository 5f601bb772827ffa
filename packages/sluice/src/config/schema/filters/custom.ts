/** How a filter of the user's own is written: a function in a TypeScript configuration, or `{ custom: { module: './my-filter.ts' } }`. */
import * as z from 'zod';
import type { FilterFunction } from '../../../core/filters/custom-filter.ts';
import type { CustomPlan } from '../../filters/custom-plan.ts';
import { plainData } from '../plain-data.ts';
import { duration, text } from '../scalar.ts';
import { preset, section } from '../section.ts';

export const customSchema = section("an object such as { module: './my-filter.ts' }", {
  module: text('a path', 4096).optional().describe("A module of your own; relative to the configuration's file."),
  export: text('a name', 256).default('default').describe('Which of its exports the filter is.'),
  options: plainData().optional().describe('Given to the filter.'),
  timeout: preset(duration('1ms', '1h'), '30s').describe('How long it may take until it answers or hands the request on. Then: 504.'),
  function: z
    .custom<FilterFunction>((value) => typeof value === 'function', {
      error: 'must be a function, which only a TypeScript configuration can have',
    })
    .optional()
    .describe('In a TypeScript configuration: the filter itself, where it needs options or a timeout of its own.'),
})
  .transform(({ module, export: name, options, timeout, function: given }): CustomPlan => {
    const place = { path: module ?? '', version: '' };
    return {
      name: module ?? (given?.name === undefined || given.name === '' ? 'function' : given.name),
      source: module === undefined ? { kind: 'config', key: [], ...place } : { kind: 'module', export: name, ...place },
      options: options ?? null,
      timeoutMs: timeout,
    };
  })
  .meta({ id: 'CustomFilter', title: 'Your own filter', description: 'Code of your own: a module whose export is a filter.' });
