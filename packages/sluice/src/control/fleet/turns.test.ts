import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import { untilTurn } from './turns.ts';

test('long waits end on turns that all share, at most half a turn off; short ones keep their length', () => {
  const moment = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: 60_000 }), (now, afterMs) => {
      const wait = untilTurn(instant(now), afterMs);
      if (afterMs < 500) return assert.equal(wait, afterMs);
      const turn = (now + wait) / 250;
      assert.ok(Math.abs(turn - Math.round(turn)) < 1e-3, `${turn} is no turn`);
      assert.ok(Math.abs(wait - afterMs) <= 125.001, `${wait} instead of ${afterMs}`);
    }),
  );
});
