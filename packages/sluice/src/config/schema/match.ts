/**
 * What a route matches: path, and conditions on headers, cookies and query parameters. Paths are held to the canonical form that the router
 * matches, so that a route that could never match is a fault and not a surprise.
 */
import * as z from 'zod';
import { parsePathMatch } from '../path-match.ts';
import type { FieldMatch, PathMatch } from '../plan.ts';
import { text } from './scalar.ts';
import { named, preset, section } from './section.ts';

const PATH_ALLOWED = "must be a path such as '/users', '/api/*' or '/users/:id'";
const PATH_LENGTH_MAX = 4096;
/** RE2 needs memory in proportion to the expression. */
const REGEX_LENGTH_MAX = 1024;

const regexSource = text('a regular expression (RE2)', REGEX_LENGTH_MAX);

const shortPath = z
  .string({ error: PATH_ALLOWED })
  .max(PATH_LENGTH_MAX, PATH_ALLOWED)
  .transform((given, context): PathMatch => {
    const parsed = parsePathMatch(given);
    if (parsed.ok) return parsed.match;
    context.issues.push({
      code: 'custom',
      message: `${PATH_ALLOWED}; this ${parsed.problem}${parsed.hint === null ? '' : `\n${parsed.hint}`}`,
      input: given,
    });
    return z.NEVER;
  });

const exactPath = section("{ exact: '/a:b' }", {
  exact: z
    .string({ error: PATH_ALLOWED })
    .max(PATH_LENGTH_MAX, PATH_ALLOWED)
    .transform((given, context) => {
      const parsed = parsePathMatch(given, true);
      if (parsed.ok) return given;
      context.issues.push({
        code: 'custom',
        message: `${PATH_ALLOWED}; this ${parsed.problem}${parsed.hint === null ? '' : `\n${parsed.hint}`}`,
        input: given,
      });
      return z.NEVER;
    })
    .describe('The whole path, with `:` and `*` as they stand.'),
}).transform((given): PathMatch => ({ kind: 'exact', path: given.exact }));

const regexPath = section("{ regex: '/v[0-9]+/.*' }", {
  regex: regexSource.describe('Matches the whole path. RE2 syntax: linear time, no look-around and no back-references.'),
}).transform((given): PathMatch => ({ kind: 'regex', source: given.regex }));

/** The path of a route; everything unless given. */
export const pathSchema = preset(
  z.union([shortPath, regexPath, exactPath], { error: `${PATH_ALLOWED}, { exact: PATH } or { regex: EXPRESSION }` }),
  '/*',
);

/** A condition without its name. */
type Condition = Omit<FieldMatch, 'name'>;

const CONDITION_ALLOWED = 'must be true (present), a text (equal), { prefix: TEXT } or { regex: EXPRESSION }';
/** YAML reads `v: 2` as a number; values of a request are texts. */
function conditionError(issue: { input?: unknown }): string {
  return typeof issue.input === 'number' || issue.input === false
    ? `${CONDITION_ALLOWED}\nwrite '${String(issue.input)}'`
    : CONDITION_ALLOWED;
}

const fieldText = text('a text', 4096, 0);

const conditionSchema = z.union(
  [
    fieldText.transform((value): Condition => ({ kind: 'equal', value })),
    z.literal(true, { error: CONDITION_ALLOWED }).transform((): Condition => ({ kind: 'present', value: '' })),
    section(CONDITION_ALLOWED.slice(8), { prefix: fieldText.describe('The value starts with this.') }).transform((given): Condition => ({
      kind: 'prefix',
      value: given.prefix,
    })),
    section(CONDITION_ALLOWED.slice(8), {
      regex: regexSource.describe('The expression (RE2) matches the whole value.'),
    }).transform((given): Condition => ({ kind: 'regex', value: given.regex })),
  ],
  { error: conditionError },
);

/** One condition. */
export function condition() {
  return conditionSchema;
}

/** Conditions by name, all of which must hold. */
export function conditions(what: string, key: z.ZodType<string, string>, lowerCase: boolean) {
  return preset(
    named(`an object of ${what} and what each must be`, key, conditionSchema).transform((given) =>
      Object.entries(given).map(([name, rest]): FieldMatch => ({ name: lowerCase ? name.toLowerCase() : name, ...rest })),
    ),
    {},
  );
}

/** The name of a cookie or query parameter. */
export function fieldName() {
  return text('a name', 256);
}
