import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measurePick, PICK_SUBJECTS } from './pick-cost.ts';

/** Three times what is promised (200 ns, 1 µs): the machine that tests is shared. The bench shows the real figures. */
const FAST_BOUND_NS = 600;
const BOUND_NS = 3000;

for (const subject of PICK_SUBJECTS) {
  const bound = subject.balance.algorithm === 'p2c' || subject.balance.algorithm === 'round-robin' ? FAST_BOUND_NS : BOUND_NS;
  test(`${subject.name} picks one of 1,000 endpoints within ${bound} ns`, () => {
    // Rounds until one is undisturbed: what is bounded is the cost of a pick, not of its neighbours on the machine.
    let best = Infinity;
    for (let attempt = 0; attempt < 5 && best > bound; attempt++) {
      best = Math.min(
        best,
        measurePick(subject, 1000, 10_000, () => performance.now()),
      );
    }
    assert.ok(best <= bound, `${best.toFixed(0)} ns`);
  });
}
