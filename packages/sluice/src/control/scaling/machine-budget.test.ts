import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import { type FakeScaledService, fakeScaledService, fleetServicePlan, instanceView } from '../../../test/support/scaled-service.ts';
import { MachineBudget } from './machine-budget.ts';

const NOW = instant(0);
const GIBIBYTE = 1_073_741_824;

function service(name: string, wanted: number, max: number, cpu: number | null): FakeScaledService {
  const made = fakeScaledService(name, wanted);
  made.plan = fleetServicePlan(name, { min: 1, max }, { cpu, memoryBytes: null });
  return made;
}

function look(budget: MachineBudget, services: readonly FakeScaledService[], cpu: number | null): object {
  budget.look(services, { cpu, memoryBytes: null }, NOW);
  return Object.fromEntries(services.map(({ name }) => [name, budget.ceiling(name)?.limit ?? null]));
}

/** What the scaler says of a service that asks for so many, and what becomes of it at once. */
function ask(budget: MachineBudget, made: FakeScaledService, count: number): number {
  const limit = budget.ceiling(made.name)?.limit ?? count;
  const wanted = Math.min(count, limit);
  const bounds = wanted === count ? [] : [{ bound: 'budget' as const, from: count, to: wanted, detail: '' }];
  budget.decided({
    service: made.name,
    at: timestamp(0),
    counts: { wanted: made.wanted, ready: 0, warm: 0, starting: 0 },
    answers: [],
    winner: null,
    raw: count,
    bounds,
    wanted,
    action: 'none',
    reason: '',
    victims: [],
  });
  made.wanted = wanted;
  made.views = Array.from({ length: wanted }, (_, index) => instanceView(`${made.name}.${index}`, `127.0.0.1:${4_001 + index}`));
  return wanted;
}

test('where all that everybody may have fits, nobody has a ceiling', () => {
  const services = [service('a', 1, 3, 1), service('b', 1, 1, 1)];
  assert.deepEqual(look(new MachineBudget(), services, 4), { a: null, b: null });
  assert.deepEqual(look(new MachineBudget(), services, null), { a: null, b: null });
});

test('services that grow in the same second never hold more than there is', () => {
  const [a, b] = [service('a', 1, 10, 1), service('b', 1, 10, 1)];
  const budget = new MachineBudget();
  assert.deepEqual(look(budget, [a, b], 8), { a: 7, b: 7 });
  assert.equal(ask(budget, a, 10), 7);
  assert.equal(ask(budget, b, 10), 1, 'a has just taken the rest');
  const held: string[] = [];
  for (let second = 0; second < 4; second++) {
    look(budget, [a, b], 8);
    held.push(`${ask(budget, a, 10)} ${ask(budget, b, 10)}`);
    assert.ok(a.wanted + b.wanted <= 8);
  }
  assert.deepEqual(held, ['4 1', '4 4', '4 4', '4 4'], 'who has more than its share gives way, then the other grows');
});

test('what drains holds its place until it is gone', () => {
  const [a, b] = [service('a', 4, 10, 1), service('b', 4, 10, 1)];
  const budget = new MachineBudget();
  a.wanted = 1;
  assert.equal(Object.entries(look(budget, [a, b], 8)).find(([name]) => name === 'b')?.[1], 4);
  a.views = a.views.slice(0, 1);
  assert.equal(Object.entries(look(budget, [a, b], 8)).find(([name]) => name === 'b')?.[1], 7);
});

test('services without bounds have no ceiling; a number fixed by hand has one', () => {
  const [free, fixed] = [service('free', 50, 100, null), service('fixed', 1, 100, 1)];
  fixed.manual = 100;
  const budget = new MachineBudget();
  budget.look([free, fixed], { cpu: 4, memoryBytes: 2 * GIBIBYTE }, NOW);
  assert.equal(budget.ceiling('free'), null);
  assert.deepEqual(budget.ceiling('fixed'), {
    limit: 4,
    detail: "the machine's 4 cores and 2048 MiB have room for 4, beside what the other services want",
  });
});
