/**
 * What the files hold that filters name: paths made absolute, secrets and keys read, modules and rules looked at, so that a wrong file is a fault with its place in the configuration and never
 * an error of a route that runs. Each kind's own reading stands in `filter-material-KIND.ts`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FilterPlan } from '../config/filter-plan.ts';
import { firstLine, type Path } from '../config/fault.ts';
import type { RoutePlan } from '../config/plan.ts';
import type { FileState } from './file-state.ts';

/** Who reads. `plan-material.ts` is it. */
export interface FilterReader {
  /** What relative paths are relative to. */
  readonly directory: string;
  /** The configuration's own file; null where it is not one. */
  readonly configPath: string | null;
  /** Says what is wrong with what stands at `path`. */
  fault(path: Path, what: string, hint?: string): void;
  /** A file that was read: the configuration is to be read again when it changes. */
  watch(file: string): Promise<FileState>;
}

/** The route with what the files hold that its filters name. @param index Of the route in the configuration. */
export async function readFilters(route: RoutePlan, index: number, reader: FilterReader): Promise<RoutePlan> {
  if (route.filters.length === 0) return route;
  const filters = await Promise.all(route.filters.map((filter, place) => readFilter(filter, ['routes', index, 'filters', place], reader)));
  return { ...route, filters };
}

async function readFilter(filter: FilterPlan, path: Path, reader: FilterReader): Promise<FilterPlan> {
  if (filter.kind === 'custom') return { kind: 'custom', options: await readCustom(filter.options, path, reader) };
  return filter;
}

async function readCustom(options: Extract<FilterPlan, { kind: 'custom' }>['options'], path: Path, reader: FilterReader) {
  const { source } = options;
  const file = source.kind === 'config' ? reader.configPath : resolve(reader.directory, source.path);
  if (file === null) {
    reader.fault(path, 'is a function, which only a configuration file can have', "write { custom: { module: './my-filter.ts' } }");
    return options;
  }
  try {
    const version = createHash('sha256')
      .update(await readFile(file))
      .digest('base64url');
    if (source.kind === 'module') await reader.watch(file);
    return { ...options, source: { ...source, path: file, version } };
  } catch (error) {
    reader.fault([...path, 'custom', 'module'], `cannot be read: ${firstLine(error)}`);
    return options;
  }
}
