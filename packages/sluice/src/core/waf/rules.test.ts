/** Each rule finds what it says it finds, and lets pass what it says it lets pass. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Inspection } from './inspection.ts';
import { IN_BODY, IN_COOKIE, IN_FILE, IN_FILE_NAME, IN_HEADER, IN_NAME, IN_PATH, IN_QUERY, IN_USER_AGENT } from './rule.ts';
import { RULES } from './rule-list.ts';
import { compile, RuleSet } from './rule-set.ts';

const STRICT = new RuleSet(4);
const TARGETS = [IN_QUERY, IN_BODY, IN_NAME, IN_PATH, IN_COOKIE, IN_HEADER, IN_USER_AGENT, IN_FILE_NAME, IN_FILE];

function found(text: string, targets: number): number[] {
  const inspection = new Inspection(STRICT, { paranoia: 4, threshold: 5, isThorough: true, exclusions: [] }, '/');
  inspection.text(
    text,
    TARGETS.find((target) => (targets & target) !== 0)!,
    'x',
  );
  return inspection.findings.map(({ id }) => id);
}

describe('rules', () => {
  for (const rule of RULES) {
    if (rule.pattern === null) continue;
    test(`${rule.id} (${rule.category}, level ${rule.paranoia}): ${rule.description}`, () => {
      assert.ok(rule.matches.length > 0, 'it has an example');
      for (const text of rule.matches) assert.ok(found(text, rule.targets).includes(rule.id), `finds ${JSON.stringify(text)}`);
      for (const text of rule.misses) assert.ok(!found(text, rule.targets).includes(rule.id), `lets pass ${JSON.stringify(text)}`);
    });
  }

  test('take a bounded number of steps', () => {
    for (const rule of RULES)
      if (rule.pattern !== null) assert.ok(compile(rule).programSize() < 8_000, `${rule.id}: ${compile(rule).programSize()}`);
  });
});
