/** What must hold of filters of the user's own: there is a module, or a function. */
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';

/** Reports a `custom` filter that names no code, or two. */
export function checkCustom(filter: unknown, path: Path, report: Report): void {
  if (filter === 'custom') return report({ path, what: 'must name your filter', hint: "write { custom: { module: './my-filter.ts' } }" });
  const custom = rawField(filter, 'custom');
  if (typeof custom === 'function') {
    return report({
      path: [...path, 'custom'],
      what: 'is a function',
      hint: 'put the function itself into the list of filters, or write { custom: { function: … } }',
    });
  }
  if (typeof custom !== 'object' && custom !== true) return;
  const given = ['module', 'function'].filter((key) => rawField(custom, key) !== undefined);
  if (given.length === 1) return;
  const found = given.length === 0 ? 'none' : 'both';
  report({
    path: [...path, 'custom'],
    what: `must have one of module and function, but has ${found}`,
    hint: "write { custom: { module: './my-filter.ts' } }",
  });
}
