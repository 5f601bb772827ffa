/** Against a plain list: whatever three workers do, the bounds hold, the order is kept, and the shared counts are what waits; a crashed worker's are taken back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import { type EndpointTable, endpointTable, SERVICES_MAX } from '../balancing/endpoint-table.ts';
import { takeBack } from '../balancing/in-flight.ts';
import type { Priority } from './admission.ts';
import { Parking, type ParkingPlace } from './parking.ts';

const WORKERS = 3;
const SERVICE = 2;
const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

interface Known {
  readonly id: number;
  readonly worker: number;
  readonly priority: Priority;
  readonly at: number;
  readonly place: ParkingPlace<number>;
  bytes: number;
}

const step = fc.record({
  kind: fc.constantFrom('enter', 'enter', 'enter', 'grow', 'next', 'leave', 'expire', 'crash'),
  worker: fc.nat(WORKERS - 1),
  priority: fc.constantFrom<Priority>('high', 'normal', 'low'),
  bytes: fc.nat(60),
  waitMs: fc.nat(400),
  pick: fc.nat(50),
});

function inOrder(known: readonly Known[], worker: number): Known[] {
  return known
    .filter((each) => each.worker === worker)
    .sort((left, right) => RANK[left.priority] - RANK[right.priority] || left.id - right.id);
}

function checkCounts(table: EndpointTable, known: readonly Known[]): void {
  assert.equal(table.serviceParked[SERVICE], known.length);
  assert.equal(
    table.serviceParkedBytes[SERVICE],
    known.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (let worker = 0; worker < WORKERS; worker++) {
    assert.equal(table.serviceParkedByWorker[worker * SERVICES_MAX + SERVICE], inOrder(known, worker).length);
  }
}

/** All who wait in a worker, as `first` and `after` tell. */
function listed(parking: Parking<number>): number[] {
  const items: number[] = [];
  for (let place = parking.first(); place !== null; place = parking.after(place)) items.push(place.item);
  return items;
}

test('bounds, order and counts hold for any course of things', () => {
  fc.assert(
    fc.property(
      fc.record({ requestsMax: fc.nat(6), bytesMax: fc.nat(200), waitMs: fc.constant(1_000) }),
      fc.array(step, { maxLength: 60 }),
      (bounds, steps) => {
        const table = endpointTable();
        const newParking = (worker: number): Parking<number> => new Parking<number>({ table, service: SERVICE, worker });
        const lots = Array.from({ length: WORKERS }, (_, worker) => newParking(worker));
        let known: Known[] = [];
        let now = 0;
        let total = 0;
        const drop = (gone: Known): void => void (known = known.filter((each) => each !== gone));
        for (const [id, { kind, worker, priority, bytes, waitMs, pick }] of steps.entries()) {
          now += waitMs;
          const lot = lots[worker]!;
          const mine = inOrder(known, worker);
          const chosen = mine[pick % Math.max(1, mine.length)];
          const held = known.reduce((sum, each) => sum + each.bytes, 0);
          if (kind === 'enter') {
            const place = lot.enter(id, priority, bytes, bounds, instant(now));
            assert.equal(place !== null, known.length < bounds.requestsMax && held + bytes <= bounds.bytesMax);
            if (place === null) continue;
            known.push({ id, worker, priority, at: now, place, bytes });
            total += 1;
          } else if (kind === 'grow' && chosen !== undefined) {
            const isHeld = lot.grow(chosen.place, bytes, bounds);
            assert.equal(isHeld, held + bytes <= bounds.bytesMax);
            if (isHeld) chosen.bytes += bytes;
          } else if (kind === 'next' && mine[0] !== undefined) {
            assert.equal(lot.first()?.item, mine[0].id);
            assert(lot.leave(mine[0].place));
            drop(mine[0]);
          } else if (kind === 'leave' && chosen !== undefined) {
            assert(lot.leave(chosen.place));
            assert(!lot.leave(chosen.place), 'once');
            assert(lot.grow(chosen.place, bytes, bounds), 'who has left holds nothing here');
            drop(chosen);
          } else if (kind === 'expire') {
            const late = mine.filter(({ at }) => now - at >= bounds.waitMs);
            assert.deepEqual(
              lot.expire(instant(now), bounds.waitMs),
              late.map((each) => each.id),
            );
            late.forEach(drop);
          } else if (kind === 'crash') {
            takeBack(table, worker);
            lots[worker] = newParking(worker);
            mine.forEach(drop);
          }
          checkCounts(table, known);
          for (const [index, each] of lots.entries()) {
            assert.deepEqual(
              listed(each),
              inOrder(known, index).map((one) => one.id),
            );
            assert.equal(each.size, listed(each).length);
          }
        }
        assert.equal(table.serviceParkedTotal[SERVICE], total);
      },
    ),
    { numRuns: 60 },
  );
});
