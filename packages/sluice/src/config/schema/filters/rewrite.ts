/** How `rewrite` is written. */
import * as z from 'zod';
import { normalizePath } from '../../../core/routing/path.ts';
import type { RewritePlan } from '../../filters/rewrite-plan.ts';
import { flag, listOf, text } from '../scalar.ts';
import { preset, section } from '../section.ts';

const PATH_ALLOWED = "must be a path such as '/api'";

function path() {
  return z
    .string({ error: PATH_ALLOWED })
    .max(2048, PATH_ALLOWED)
    .transform((given, context) => {
      const normal = given.startsWith('/') ? normalizePath(given, { mergeSlashes: false, encodedSlashes: 'keep' }) : null;
      if (normal !== null) return normal;
      context.issues.push({ code: 'custom', message: PATH_ALLOWED, input: given });
      return z.NEVER;
    });
}

function withoutEnd(given: string): string {
  return given.endsWith('/') ? given.slice(0, -1) : given;
}

export const rewriteSchema = section("an object such as { stripPrefix: '/api' }", {
  stripPrefix: preset(listOf(path(), 'a path', 64), []).describe(
    'Taken away where the path begins with it: `/api` makes `/users` of `/api/users`.',
  ),
  forwardedPrefix: flag().default(true).describe('Says in X-Forwarded-Prefix what was taken away.'),
  regex: text('a regular expression (RE2)', 1024).optional().describe('Looked for in the path. Where it does not match, the path stays.'),
  replacement: text('a text', 2048, 0).optional().describe("What stands in its place; `$1` and `${name}` are the expression's groups."),
  replacePath: path().optional().describe('In place of the whole path.'),
  addPrefix: path().optional().describe('Set before the path.'),
})
  .transform(({ stripPrefix, forwardedPrefix, regex, replacement, replacePath, addPrefix }): RewritePlan => ({
    stripPrefixes: stripPrefix.map(withoutEnd).filter((each) => each !== ''),
    tellsPrefix: forwardedPrefix,
    regex: regex === undefined ? null : { source: regex, replacement: replacement ?? '' },
    replacePath: replacePath ?? null,
    addPrefix: withoutEnd(addPrefix ?? ''),
  }))
  .meta({
    id: 'RewriteFilter',
    title: 'Rewrite',
    description: 'The path that the service is asked for, in place of the one that the client asked for.',
  });
