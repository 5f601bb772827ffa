/** Replacing with regular expressions in linear time (`io/regex.ts` says why RE2). `$1`, `${1}` and `${name}` stand for groups, `$$` for a dollar, as in Traefik and Caddy. */
import { RE2JS } from 're2js';

/** The text with its first match replaced; null: nothing matches. */
export type Replacer = (text: string) => string | null;

/** A literal, or a group. */
type Part = string | { readonly group: number | string };

/** Compiled when it is first asked. Expression and replacement were checked with the configuration. */
export function linearReplacer(source: string, replacement: string): Replacer {
  let compiled: RE2JS | null = null;
  const parts = partsOf(replacement);
  return (text) => {
    compiled ??= RE2JS.compile(source);
    const matcher = compiled.matcher(text);
    if (!matcher.find()) return null;
    let made = text.slice(0, matcher.start());
    for (const part of parts) made += typeof part === 'string' ? part : (matcher.group(part.group) ?? '');
    return made + text.slice(matcher.end());
  };
}

/** Says what is wrong with a replacement for an expression; null: nothing. */
export function checkReplacement(source: string, replacement: string): string | null {
  try {
    const compiled = RE2JS.compile(source);
    const names = Object.keys(compiled.namedGroups());
    const count = compiled.groupCount();
    for (const part of partsOf(replacement)) {
      if (typeof part === 'string') continue;
      const { group } = part;
      if (typeof group === 'number' ? group > count : !names.includes(group)) return `has the group ${group}, which the expression has not`;
    }
    return null;
  } catch {
    return null; // what is wrong with the expression is told where it stands
  }
}

function partsOf(replacement: string): readonly Part[] {
  return replacement.split(/(\$\$|\$\d{1,2}|\$\{\w+\})/).map((piece) => {
    if (piece === '$$') return '$';
    const name = /^\$\{?(\w+)\}?$/.exec(piece)?.[1];
    if (name === undefined) return piece;
    return { group: /^\d+$/.test(name) ? Number(name) : name };
  });
}
