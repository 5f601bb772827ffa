/** Ordinary traffic passes: at level 1 all of it; at the higher levels the share that is refused is held, so that a rule that is worse shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { ordinaryRequest } from '../../../test/support/waf-ordinary.ts';
import { inspectRequest } from '../../../test/support/waf-request.ts';
import type { WafParanoia } from './rule.ts';

const SEED = 20_261;

function refused(paranoia: WafParanoia, requests: number): { readonly share: number; readonly first: string } {
  const random = seededRandom(SEED);
  const by = new Map<number, number>();
  let count = 0;
  let first = '';
  for (let index = 0; index < requests; index++) {
    const request = ordinaryRequest(random);
    const inspection = inspectRequest(request, paranoia);
    if (!inspection.isAttack) continue;
    count++;
    if (first === '') first += `request ${index} of seed ${SEED}: ${JSON.stringify(inspection.findings)}\n`;
    for (const { id } of inspection.findings) by.set(id, (by.get(id) ?? 0) + 1);
  }
  return { share: count / requests, first: first + JSON.stringify([...by].toSorted((left, right) => right[1] - left[1]).slice(0, 8)) };
}

test('of 10,000 ordinary requests level 1 refuses none', () => {
  const { share, first } = refused(1, 10_000);
  assert.equal(share, 0, first);
});

for (const [level, most] of [
  [2, 0.42],
  [3, 0.55],
  [4, 0.93],
] as const) {
  test(`of 2,000 ordinary requests, most of them full of quotes and code, level ${level} refuses at most ${most * 100} %`, (context) => {
    const { share, first } = refused(level, 2_000);
    context.diagnostic(`level ${level}: ${(share * 100).toFixed(1)} % refused, by rule ${first.split('\n').at(-1)}`);
    assert.ok(share <= most, `${share}: ${first}`);
  });
}
