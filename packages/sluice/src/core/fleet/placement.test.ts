import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ceilingFor, placeServices, type PlacementBudget, type PlacementDemand } from './placement.ts';

const GIB = 2 ** 30;

function demand(service: string, wanted: number, changes: Partial<PlacementDemand> = {}): PlacementDemand {
  return { service, min: 0, wanted, cpu: 1, memoryBytes: null, ...changes };
}

const place = (budget: PlacementBudget, ...demands: PlacementDemand[]) => Object.fromEntries(placeServices(demands, budget));
const CORES = (cpu: number): PlacementBudget => ({ cpu, memoryBytes: null });

test('what fits is given, and without a budget everything', () => {
  assert.deepEqual(place(CORES(8), demand('a', 3), demand('b', 5)), { a: 3, b: 5 });
  assert.deepEqual(place({ cpu: null, memoryBytes: null }, demand('a', 300), demand('b', 5)), { a: 300, b: 5 });
});

test('who wants little has it, the rest is shared evenly', () => {
  assert.deepEqual(place(CORES(10), demand('a', 2), demand('b', 20), demand('c', 20)), { a: 2, b: 4, c: 4 });
});

test('each min comes before anything else, and mins that do not fit are cut evenly', () => {
  assert.deepEqual(place(CORES(6), demand('a', 10), demand('b', 5, { min: 5 })), { a: 1, b: 5 });
  assert.deepEqual(place(CORES(4), demand('a', 4, { min: 4 }), demand('b', 4, { min: 4 })), { a: 2, b: 2 });
});

test("shares are counted in the resource of which a service takes most: the paper's example", () => {
  // 9 cores and 18 GB; A takes 1 core and 4 GB, B 3 cores and 1 GB: 3 of A, 2 of B (Ghodsi et al., §4.1).
  const a = demand('a', 100, { cpu: 1, memoryBytes: 4 * GIB });
  const b = demand('b', 100, { cpu: 3, memoryBytes: GIB });
  assert.deepEqual(place({ cpu: 9, memoryBytes: 18 * GIB }, a, b), { a: 3, b: 2 });
});

test('instances without bounds weigh nothing', () => {
  assert.deepEqual(place(CORES(2), demand('free', 50, { cpu: null }), demand('a', 9)), { free: 50, a: 2 });
});

test('a ceiling is what a service could have, were it to want the most', () => {
  const demands = [demand('a', 1), demand('b', 3)];
  assert.equal(ceilingFor('a', 100, demands, CORES(10)), 7);
  assert.equal(ceilingFor('b', 100, demands, CORES(10)), 9);
  assert.equal(ceilingFor('a', 100, demands, { cpu: null, memoryBytes: null }), 100);
});

test('tenths of cores fill a core', () => {
  assert.deepEqual(place(CORES(1), demand('a', 20, { cpu: 0.1 })), { a: 10 });
});

test('nobody has more than he wants, all fit together, and nothing that fits is left over', () => {
  const demands = fc.array(
    fc.record({ min: fc.nat(5), wanted: fc.nat(20), cpu: fc.integer({ min: 1, max: 8 }), memoryBytes: fc.integer({ min: 1, max: 8 }) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(demands, fc.nat(60), fc.nat(60), (list, cpu, memoryBytes) => {
      const named = list.map((entry, index) => ({ ...entry, service: `s${index}` }));
      const given = placeServices(named, { cpu, memoryBytes });
      const used = (key: 'cpu' | 'memoryBytes'): number => named.reduce((sum, entry) => sum + entry[key] * given.get(entry.service)!, 0);
      assert.ok(used('cpu') <= cpu && used('memoryBytes') <= memoryBytes);
      for (const entry of named) {
        const got = given.get(entry.service)!;
        assert.ok(got <= entry.wanted);
        const hasRoom = used('cpu') + entry.cpu <= cpu && used('memoryBytes') + entry.memoryBytes <= memoryBytes;
        assert.ok(got === entry.wanted || !hasRoom);
      }
    }),
  );
});
