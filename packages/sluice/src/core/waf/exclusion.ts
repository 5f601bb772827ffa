/** What is not looked for, where: rules or categories, on paths, for parameters. */
import type { WafCategory } from './rule.ts';

export interface WafExclusion {
  /** Ids; empty together with `categories`: all rules. */
  readonly rules: readonly number[];
  readonly categories: readonly WafCategory[];
  /** Where: a path, or the beginning of one with `*` at its end; null: everywhere. */
  readonly path: string | null;
  /** Of which parameter, member, cookie or header field, or the beginning of its name with `*`; null: of all. */
  readonly parameter: string | null;
}

/** Whether what a rule has found is not to count. @param path As the origin sees it. @param name Of the parameter. */
export function isExcluded(exclusions: readonly WafExclusion[], id: number, category: WafCategory, path: string, name: string): boolean {
  for (const { rules, categories, path: place, parameter } of exclusions) {
    const isAll = rules.length === 0 && categories.length === 0;
    if (!isAll && !rules.includes(id) && !categories.includes(category)) continue;
    if ((place === null || fits(place, path)) && (parameter === null || fits(parameter, name))) return true;
  }
  return false;
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
