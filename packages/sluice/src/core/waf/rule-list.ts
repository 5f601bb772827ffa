/** All rules, by category in `rules/`. */
import { assert } from '../../base/assert.ts';
import type { WafRule } from './rule.ts';
import { ADDRESS_RULES } from './rules/addresses.ts';
import { CODE_RULES } from './rules/code.ts';
import { COMMAND_RULES } from './rules/command.ts';
import { NOSQL_RULES } from './rules/nosql.ts';
import { PATH_RULES } from './rules/paths.ts';
import { RAISED_RULES } from './rules/raised.ts';
import { SQL_RULES } from './rules/sql.ts';
import { TEMPLATE_RULES } from './rules/templates.ts';
import { XSS_RULES } from './rules/xss.ts';

export const RULES: readonly WafRule[] = [
  ...RAISED_RULES,
  ...PATH_RULES,
  ...ADDRESS_RULES,
  ...COMMAND_RULES,
  ...TEMPLATE_RULES,
  ...CODE_RULES,
  ...XSS_RULES,
  ...SQL_RULES,
  ...NOSQL_RULES,
];

/** Place in `RULES` by id. */
export const RULE_PLACES: ReadonlyMap<number, number> = new Map(RULES.map(({ id }, place) => [id, place]));
assert(RULE_PLACES.size === RULES.length, 'ids of rules differ');
