/**
 * Modules of users' filters: looked at where the configuration is, so that one that cannot be loaded, or does not export a function, is a fault with its place. Its version is a hash over it and
 * whatever files of the project it imports: a change of any of them is another version, and only that is imported again by workers.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { FilterPlan } from '../config/filter-plan.ts';
import { findFilter } from '../config/find-filter.ts';
import { suggest } from '../config/suggest.ts';
import { filesOfModule, importFilterModule } from './config-module.ts';
import { isConfigModule } from './config-path.ts';
import type { FilterReader } from './filter-reader.ts';

type CustomOptions = Extract<FilterPlan, { kind: 'custom' }>['options'];

/** A module may await; it may not hang. */
const LOAD_MS = 8_000;

export async function readCustom(options: CustomOptions, path: Path, reader: FilterReader): Promise<CustomOptions> {
  const { source } = options;
  if (source.kind === 'config') {
    if (reader.configPath !== null && isConfigModule(reader.configPath)) {
      for (const each of filesOfModule(reader.configPath)) if (each !== reader.configPath) await reader.watch(each);
      return { ...options, source: { ...source, path: reader.configPath, version: await versionOf(reader.configPath) } };
    }
    reader.fault(
      path,
      'is a function, which only a configuration file in TypeScript or JavaScript can have',
      "write { custom: { module: './my-filter.ts' } }",
    );
    return options;
  }
  const file = resolve(reader.directory, source.path);
  const at = [...path, 'custom', 'module'];
  try {
    await reader.watch(file);
    const exports = await loadedOnce(file, reader);
    for (const each of filesOfModule(file)) await reader.watch(each);
    const found = { ...source, path: file, version: await versionOf(file) };
    if (typeof findFilter(exports, found) === 'function') return { ...options, source: found };
    const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    const nearest = suggest(source.export, names);
    const there = names.length === 0 ? 'it exports no function' : `functions that it exports: ${names.join(', ')}`;
    const hint = nearest === null ? there : `did you mean export: '${nearest}'?`;
    reader.fault(
      at,
      `has no function ${source.export === 'default' ? 'as its default export' : `called ${JSON.stringify(source.export)}`}`,
      hint,
    );
  } catch (error) {
    const named = JSON.stringify(source.path);
    // Node says of a module that is not there who imported it: us.
    if ((await stat(file).catch(() => null)) === null) reader.fault(at, `${named} does not exist; check the path`);
    else reader.fault(at, `${named} cannot be loaded: ${firstLine(error)}`);
  }
  return options;
}

/** Of one reading of a configuration: however many filters a module has, it is imported once. */
const readings = new WeakMap<FilterReader, Map<string, ReturnType<typeof loaded>>>();

function loadedOnce(file: string, reader: FilterReader): ReturnType<typeof loaded> {
  const reading = readings.get(reader) ?? new Map<string, ReturnType<typeof loaded>>();
  readings.set(reader, reading);
  const found = reading.get(file) ?? loaded(file);
  reading.set(file, found);
  return found;
}

async function loaded(file: string): Promise<Readonly<Record<string, unknown>>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not loaded within ${LOAD_MS / 1000} s`)), LOAD_MS);
  try {
    return await Promise.race([importFilterModule(file), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function versionOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for (const each of filesOfModule(file).toSorted()) hash.update(`${each}\0`).update(await readFile(each));
  return hash.digest('base64url');
}
