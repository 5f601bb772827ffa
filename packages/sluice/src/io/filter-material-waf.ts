/** Rule files of `waf`: found, watched, and read by libmodsecurity once, so that a wrong rule is a fault with its place. Files that they include are not watched: touch the file that includes them. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { ModSecurityPlan, WafPlan } from '../config/filters/waf-plan.ts';
import type { FilterReader } from './filter-reader.ts';
import { ModSecurity } from './modsecurity.ts';

const FILES_MAX = 512;

/** @param path Of the filter. */
export async function readWaf(options: WafPlan, path: Path, reader: FilterReader): Promise<WafPlan> {
  const { modSecurity } = options;
  if (modSecurity === null) return options;
  const at = [...path, 'waf', 'modSecurity', 'rules'];
  try {
    return { ...options, modSecurity: await readRules(modSecurity, reader) };
  } catch (error) {
    reader.fault(at, `cannot be used: ${firstLine(error)}`);
    return options;
  }
}

async function readRules(plan: ModSecurityPlan, reader: FilterReader): Promise<ModSecurityPlan> {
  const given = await Promise.all(plan.rules.map((file) => filesOf(resolve(reader.directory, file))));
  const rules = given.flat();
  if (rules.length > FILES_MAX) throw new Error(`${rules.length} files: at most ${FILES_MAX} are read`);
  const states = await Promise.all(rules.map((file) => reader.watch(file)));
  (await ModSecurity.open(rules)).close();
  return { ...plan, rules, version: states.map(({ digest }) => digest.slice(0, 12)).join('') };
}

async function filesOf(place: string): Promise<string[]> {
  const state = await stat(place).catch((error: unknown) => {
    throw new Error(`${JSON.stringify(place)} does not exist; check the path`, { cause: error });
  });
  if (!state.isDirectory()) return [place];
  const names = (await readdir(place)).filter((name) => name.endsWith('.conf')).toSorted();
  if (names.length === 0) throw new Error(`${JSON.stringify(place)} has no *.conf file`);
  return names.map((name) => join(place, name));
}
