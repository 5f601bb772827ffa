import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DOWN, DRAINING, EJECTED, endpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { StateBits, type StateOwner } from './state-bits.ts';

const ENTRY = { serviceSlot: 2, slot: 9 };

function setUp(ramps = false, isDown = false) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const bits = new StateBits(table, runtime.clock);
  bits.adopt(ENTRY, ramps, isDown);
  return { runtime, table, bits };
}

test('no owner undoes what another has claimed', () => {
  const { table, bits } = setUp();
  bits.claim(ENTRY, 'operator', DRAINING, 'drained');
  bits.claim(ENTRY, 'agent', DRAINING | DOWN, 'agent says so');
  bits.claim(ENTRY, 'probe', DOWN, 'refused');
  bits.claim(ENTRY, 'agent', 0, '');
  assert.equal(table.state[9], DRAINING | DOWN);
  bits.claim(ENTRY, 'probe', 0, '');
  assert.equal(table.state[9], DRAINING);
});

test('the table always holds what all owners claim together, and each change of it bumps the epoch', () => {
  const owner = fc.constantFrom<StateOwner>('probe', 'outlier', 'agent', 'operator', 'plan');
  fc.assert(
    fc.property(fc.array(fc.tuple(owner, fc.integer({ min: 0, max: 15 })), { maxLength: 30 }), (claims) => {
      const { table, bits } = setUp();
      const expected = new Map<StateOwner, number>();
      for (const [name, value] of claims) {
        const [before, epoch] = [table.state[9], table.epoch[2]!];
        bits.claim(ENTRY, name, value, 'a reason');
        expected.set(name, value);
        let all = 0;
        for (const one of expected.values()) all |= one;
        assert.equal(table.state[9], all);
        assert.equal(table.epoch[2], before === all ? epoch : epoch + 1);
      }
    }),
    { numRuns: 40 },
  );
});

test('endpoints that a service starts with are not ramped up; those that come or come back are', () => {
  const first = setUp(false, true);
  first.runtime.advance(500);
  first.bits.claim(ENTRY, 'probe', 0, '');
  assert.equal(first.table.since[9], 0, 'its first use');
  first.bits.claim(ENTRY, 'probe', DOWN, 'refused');
  first.runtime.advance(500);
  first.bits.claim(ENTRY, 'probe', 0, '');
  assert.equal(first.table.since[9], 1_000, 'back again');

  const added = setUp(true, true);
  added.runtime.advance(700);
  added.bits.claim(ENTRY, 'probe', 0, '');
  assert.equal(added.table.since[9], 700);
});

test('the report names the strongest state, its owner, the reason and since when', () => {
  const { runtime, bits } = setUp();
  assert.deepEqual(bits.report(9), { state: 'up', reason: null, since: 1_700_000_000_000 });
  runtime.advance(10);
  bits.claim(ENTRY, 'outlier', EJECTED, '5 in a row');
  assert.deepEqual(bits.report(9), { state: 'ejected', reason: 'outlier: 5 in a row', since: 1_700_000_000_010 });
  runtime.advance(10);
  bits.claim(ENTRY, 'agent', MAINTENANCE, 'night');
  bits.claim(ENTRY, 'probe', DOWN, 'refused');
  assert.deepEqual(bits.report(9), { state: 'maintenance', reason: 'agent: night', since: 1_700_000_000_020 });
});

test('a slot that was let go is left alone, and adopted clean', () => {
  const { table, bits } = setUp();
  bits.claim(ENTRY, 'operator', DRAINING, 'drained');
  bits.forget(9);
  bits.claim(ENTRY, 'probe', DOWN, 'late');
  assert.equal(table.state[9], DRAINING);
  bits.adopt(ENTRY, false, false);
  assert.equal(table.state[9], 0);
});
