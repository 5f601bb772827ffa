/** Which service of several a request goes to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { routePlan } from '../../../test/support/service-plane.ts';
import type { ExchangeService } from './exchange.ts';
import { RouteRuntime } from './route-runtime.ts';

function routeOf(weights: readonly number[]): RouteRuntime {
  const services = new Map(weights.map((_, index) => [`s${index}`, { slot: index } as Partial<ExchangeService> as ExchangeService]));
  const targets = weights.map((weight, index) => ({ service: `s${index}`, weight }));
  return new RouteRuntime(routePlan('r', 's0', { action: { kind: 'services', targets } }), 0, services);
}

test('shares are as the weights say', () => {
  const route = routeOf([90, 9, 1]);
  const random = seededRandom(1);
  const seen = [0, 0, 0];
  for (let count = 0; count < 100_000; count++) seen[route.pickService(random)!.slot]!++;
  // Three standard deviations of a binomial share are below 0.3 % of the whole.
  [90_000, 9_000, 1_000].forEach((expected, index) => assert(Math.abs(seen[index]! - expected) < 300, JSON.stringify(seen)));
});

test('every draw leads to a service, the ends of the range included; one service costs no draw', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 2, maxLength: 8 }), (weights) => {
      const route = routeOf(weights);
      assert.equal(route.pickService(() => 0)!.slot, 0);
      assert.equal(route.pickService(() => 1 - Number.EPSILON)!.slot, weights.length - 1);
    }),
  );
  const sole = routeOf([5]);
  assert.equal(sole.pickService(() => assert.fail('no draw'))!.slot, 0);
});
