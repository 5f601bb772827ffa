import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import type { RequestPass } from '../filters/filter.ts';
import { Sweeper } from '../sweeper.ts';
import { FetchAudience } from './fetch-audience.ts';
import type { RunningFetch } from './running-fetch.ts';
import { Waiter, type WaiterOwner } from './waiter.ts';

/** A request that waits, on a worker that does what is left for later when it is told to. */
function waitingRequest(owner: WaiterOwner, later: (() => void)[]) {
  const exchange = { isOver: false, leaveQueue: null as (() => void) | null };
  const resumed: number[] = [];
  const worker = { clock: { now: () => instant(0) }, sweeper: new Sweeper(), later: (work: () => void) => later.push(work) };
  const pass = { exchange, listener: { worker }, resume: (verdict: number) => resumed.push(verdict) };
  return { exchange, resumed, waiter: new Waiter(owner, pass as unknown as RequestPass, 0, 1_000) };
}

test('who leaves while those who wait are being told is not told any more, and goes on once', () => {
  const later: (() => void)[] = [];
  const told: Waiter[] = [];
  const owner: WaiterOwner = {
    goOn(waiter) {
      told.push(waiter);
      second.exchange.leaveQueue?.(); // the reply to the first has ended the connection of both
    },
  };
  const first = waitingRequest(owner, later);
  const second = waitingRequest(owner, later);
  const audience = new FetchAudience(null);
  for (const { waiter } of [first, second]) waiter.waitFor(audience as unknown as RunningFetch);
  audience.decide({ kind: 'look' });
  audience.tell();
  assert.deepEqual(told, [first.waiter]);
  second.exchange.isOver = true;
  for (const work of later) work();
  assert.deepEqual(second.resumed, [0]);
});
