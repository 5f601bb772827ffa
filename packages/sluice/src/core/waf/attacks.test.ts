/** How many of several thousand attacks are seen, by level. The bounds are what was reached: a rule that sees less fails here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attack, attacks, UNSEEN } from '../../../test/support/waf-attacks.ts';
import { inspectRequest } from '../../../test/support/waf-request.ts';
import type { WafParanoia } from './rule.ts';

const ALL = attacks();

function missed(paranoia: WafParanoia): Attack[] {
  return ALL.filter(({ request }) => !inspectRequest(request, paranoia, false).isAttack);
}

for (const [level, least] of [
  [1, 0.95],
  [2, 0.95],
  [3, 0.95],
  [4, 0.95],
] as const) {
  test(`of ${ALL.length} attacks level ${level} refuses at least ${least * 100} %`, (context) => {
    const left = missed(level);
    const rate = 1 - left.length / ALL.length;
    const byCategory = new Map<string, number>();
    for (const { category } of left) byCategory.set(category, (byCategory.get(category) ?? 0) + 1);
    context.diagnostic(`level ${level}: ${(rate * 100).toFixed(2)} % refused; missed ${JSON.stringify([...byCategory])}`);
    assert.ok(
      rate >= least,
      `${rate}: ${left
        .slice(0, 5)
        .map(({ way, payload }) => `${way}: ${payload}`)
        .join('\n')}`,
    );
  });
}

for (const [level, least] of [
  [1, 0.77],
  [2, 0.79],
  [3, 0.82],
  [4, 0.84],
] as const) {
  test(`of ${UNSEEN.length} odd attacks that came after the rules level ${level} refuses at least ${least * 100} %`, (context) => {
    const left = UNSEEN.filter((text) => !inspectRequest({ query: `q=${encodeURIComponent(text)}` }, level, false).isAttack);
    const rate = 1 - left.length / UNSEEN.length;
    context.diagnostic(`level ${level}: ${(rate * 100).toFixed(1)} % refused`);
    assert.ok(rate >= least, `${rate}: ${left.join('\n')}`);
  });
}
