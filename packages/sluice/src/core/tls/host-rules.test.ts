import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostSatisfies } from '../routing/router.ts';
import { HostRules } from './host-rules.ts';

test('a rule is found by the exact host, else by the longest wildcard', () => {
  const rules = new HostRules([
    ['*.example', 1],
    ['*.a.example', 2],
    ['b.a.example', 3],
  ]);
  const found = ['b.a.example', 'c.a.example', 'd.c.a.example', 'a.example', 'x.example', 'example', 'xexample', ''].map((host) =>
    rules.find(host),
  );
  assert.deepEqual(found, [3, 2, 2, 1, 1, null, null, null]);
});

test('a rule holds for the hosts that a route of the same pattern takes, and for no others', () => {
  const host = fc.array(fc.constantFrom('a', 'b', '~', 'ab'), { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  const pattern = fc.tuple(fc.constantFrom('', '*.'), host).map(([lead, name]) => lead + name);
  fc.assert(
    fc.property(pattern, host, (one, other) => {
      assert.equal(new HostRules([[one, true]]).find(other) === true, hostSatisfies(other, one));
    }),
    { seed: 7, numRuns: 2_000 },
  );
});
