/** Keys of `jwt` that stand in files or in the configuration: read and looked at, and put into the plan as text. */
import { resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { JwtIssuerPlan, JwtPlan } from '../config/filters/jwt-plan.ts';
import { readBounded } from './bounded-file.ts';
import type { FilterReader } from './filter-reader.ts';
import { readKeys } from './jwk-set.ts';

/** @param path Of the filter. */
export async function readJwt(options: JwtPlan, path: Path, reader: FilterReader): Promise<JwtPlan> {
  const issuers = await Promise.all(options.issuers.map((issuer, index) => readIssuer(issuer, [...path, 'jwt', 'issuers', index], reader)));
  return { ...options, issuers };
}

async function readIssuer(issuer: JwtIssuerPlan, path: Path, reader: FilterReader): Promise<JwtIssuerPlan> {
  const { keys } = issuer;
  if (keys.kind !== 'text') return issuer;
  try {
    const file = keys.file === null ? null : resolve(reader.directory, keys.file);
    if (file !== null) await reader.watch(file); // its state first: a change while we read is noticed afterwards
    const text = file === null ? keys.text : await readBounded(file);
    const found = readKeys(text, issuer.algorithms);
    if (found.keys.length === 0)
      throw new Error(`has no key that can be used${found.unused.length === 0 ? '' : `: ${found.unused.slice(0, 3).join('; ')}`}`);
    return { ...issuer, keys: { ...keys, file, text } };
  } catch (error) {
    reader.fault(path, `${keys.file === null ? 'its key' : JSON.stringify(keys.file)} ${firstLine(error)}`);
    return issuer;
  }
}
