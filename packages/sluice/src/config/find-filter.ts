/** Where a user's filter stands in what its module exports. */
import type { CustomSource } from './filters/custom-plan.ts';

/** What stands there; undefined: nothing. @param exports Of the module. */
export function findFilter(exports: Readonly<Record<string, unknown>>, source: CustomSource): unknown {
  if (source.kind === 'module') return Object.hasOwn(exports, source.export) ? exports[source.export] : undefined;
  let value = exports['default'];
  for (const step of source.key) value = own(value, step);
  return typeof value === 'function' ? value : own(own(value, 'custom'), 'function');
}

function own(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[key];
}
