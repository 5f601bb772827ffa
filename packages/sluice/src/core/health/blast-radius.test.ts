import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { BlastRadius, type BlastMember } from './blast-radius.ts';
import type { ProbeState } from './probe-state.ts';

const WINDOW_MS = 7_500;

const up: ProbeState = { isUp: true, isChecked: true, hasBeenUp: true, against: 0, failingSince: null };
const down = (failingSince: number): ProbeState => ({ ...up, isUp: false, failingSince: instant(failingSince) });
const neverUp: ProbeState = { ...down(0), hasBeenUp: false };
const members = (...states: ProbeState[]): BlastMember[] => states.map((state, index) => ({ endpoint: `e${index}`, state }));

test('all endpoints that fail within one window stay in use, and it is said once', () => {
  const blast = new BlastRadius();
  assert.equal(blast.judge(members(down(0), down(3_000), up), WINDOW_MS, instant(5_000)), null);
  assert.equal(blast.keeps('e0'), false, 'one is still up: the others are just down');
  const all = members(down(0), down(3_000), down(7_500));
  assert.equal(blast.judge(all, WINDOW_MS, instant(9_000)), 'degraded');
  assert.deepEqual([blast.keeps('e0'), blast.keeps('e1'), blast.keeps('e2')], [true, true, true]);
  assert.equal(blast.judge(all, WINDOW_MS, instant(10_000)), null);
});

test('one that failed long before, for a cause of its own, stays out', () => {
  const blast = new BlastRadius();
  assert.equal(blast.judge(members(down(0), down(60_000), down(61_000)), WINDOW_MS, instant(62_000)), 'degraded');
  assert.deepEqual([blast.keeps('e0'), blast.keeps('e1'), blast.keeps('e2')], [false, true, true]);
});

test('failures that are spread over more than a window are failures of endpoints', () => {
  const blast = new BlastRadius();
  assert.equal(blast.judge(members(down(0), down(7_501)), WINDOW_MS, instant(9_000)), null);
  assert.equal(blast.isDegraded, false);
});

test('a lone endpoint, and endpoints that were never up, are never kept', () => {
  assert.equal(new BlastRadius().judge(members(down(0)), WINDOW_MS, instant(1)), null);
  assert.equal(new BlastRadius().judge(members(neverUp, neverUp, neverUp), WINDOW_MS, instant(1)), null);
});

test('after the first is up again the others have one window, then the rule ends, said once', () => {
  const blast = new BlastRadius();
  blast.judge(members(down(0), down(0), down(0)), WINDOW_MS, instant(1_000));
  assert.equal(blast.judge(members(up, down(0), down(0)), WINDOW_MS, instant(20_000)), null);
  assert.equal(blast.keeps('e1'), true, 'in its grace');
  assert.equal(blast.judge(members(up, up, down(0)), WINDOW_MS, instant(27_499)), null);
  assert.equal(blast.judge(members(up, up, down(0)), WINDOW_MS, instant(27_500)), 'recovered');
  assert.equal(blast.keeps('e2'), false);
  assert.equal(blast.judge(members(up, up, down(0)), WINDOW_MS, instant(30_000)), null);
});

test('it ends at once when all are up again', () => {
  const blast = new BlastRadius();
  blast.judge(members(down(0), down(0)), WINDOW_MS, instant(1_000));
  assert.equal(blast.judge(members(up, up), WINDOW_MS, instant(1_001)), 'recovered');
});

test('a relapse within the grace is the same event, and a later one a new one', () => {
  const blast = new BlastRadius();
  blast.judge(members(down(0), down(0)), WINDOW_MS, instant(1_000));
  assert.equal(blast.judge(members(up, down(0)), WINDOW_MS, instant(2_000)), null);
  assert.equal(blast.judge(members(down(3_000), down(0)), WINDOW_MS, instant(3_000)), null);
  assert.equal(blast.judge(members(up, up), WINDOW_MS, instant(4_000)), 'recovered');
  assert.equal(blast.judge(members(down(50_000), down(50_000)), WINDOW_MS, instant(51_000)), 'degraded');
});

test('it ends when its endpoints are gone', () => {
  const blast = new BlastRadius();
  blast.judge(members(down(0), down(0)), WINDOW_MS, instant(1_000));
  assert.equal(blast.judge([], WINDOW_MS, instant(2_000)), 'recovered');
});
