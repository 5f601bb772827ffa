import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PurgeTarget } from '../purge-order.ts';
import { PURGE_JOURNAL_BYTES, PurgeJournal } from './purge-journal.ts';

const KEY = 'https://a.test/products/7?x=1\n@web\naccept-language=de';
const URL = 'https://a.test/products/7?x=1';

function journal(): PurgeJournal {
  return new PurgeJournal(new SharedArrayBuffer(PURGE_JOURNAL_BYTES), 0);
}

const TARGETS: readonly [PurgeTarget, boolean][] = [
  [{ kind: 'url', url: URL }, true],
  [{ kind: 'url', url: 'https://a.test/products/7' }, false],
  [{ kind: 'prefix', prefix: 'https://a.test/pro' }, true],
  [{ kind: 'prefix', prefix: 'https://b.test/' }, false],
  [{ kind: 'tag', tag: 'red' }, true],
  [{ kind: 'tag', tag: URL }, false],
  [{ kind: 'all' }, true],
];

test('a purge means what was stored before it, and nothing that came after', () => {
  for (const [target, isMeant] of TARGETS) {
    for (const soft of [false, true]) {
      const it = journal();
      const before = it.clock;
      it.note(target, soft);
      const expected = isMeant ? (soft ? 'stale' : 'gone') : 'untouched';
      assert.equal(it.reach(before, KEY, ['blue', 'red']), expected, `${JSON.stringify(target)} ${soft}`);
      assert.equal(it.reach(it.clock, KEY, ['blue', 'red']), 'untouched');
    }
  }
});

test('a hard purge outdoes a soft one, in whichever order they come', () => {
  for (const softFirst of [false, true]) {
    const it = journal();
    it.note({ kind: 'tag', tag: 'red' }, softFirst);
    it.note({ kind: 'tag', tag: 'red' }, !softFirst);
    assert.equal(it.reach(0n, KEY, ['red']), 'gone');
  }
});

test('more purges than there is room for purge too much, never too little', () => {
  const it = journal();
  for (let index = 0; index < 20_000; index++) it.note({ kind: 'tag', tag: `t${index}` }, false);
  for (let index = 0; index < 20_000; index += 97) assert.equal(it.reach(0n, KEY, [`t${index}`]), 'gone', `t${index}`);
  for (let index = 0; index < 200; index++) it.note({ kind: 'prefix', prefix: `https://p${index}.test/` }, true);
  for (let index = 0; index < 200; index++) assert.notEqual(it.reach(19_999n, `https://p${index}.test/x`, []), 'untouched', `p${index}`);
  assert.equal(it.isCrowded, true);
  assert.equal(it.reach(it.clock, KEY, ['t1']), 'untouched');
});

test('what a sweep has looked through is forgotten, and what came during it is not', () => {
  const it = journal();
  for (let index = 0; index < 3_000; index++) it.note({ kind: 'tag', tag: `t${index}` }, false);
  assert.equal(it.isCrowded, true);
  const clock = it.beginSweep();
  it.note({ kind: 'tag', tag: 'late' }, false);
  it.note({ kind: 'prefix', prefix: 'https://late.test/' }, false);
  it.forget(clock);
  assert.equal(it.isCrowded, false);
  assert.equal(it.sweepClock, clock);
  assert.deepEqual([it.reach(clock, KEY, ['late']), it.reach(clock, 'https://late.test/1', [])], ['gone', 'gone']);
});

test('a snapshot brings everything back, and what is none is refused', () => {
  const it = journal();
  for (const [target] of TARGETS.slice(0, 6)) it.note(target, false);
  for (let index = 0; index < 500; index++) it.note({ kind: 'tag', tag: `t${index}` }, index % 2 === 0);
  it.seen = 41n;
  const bytes = it.snapshot();
  const other = journal();
  assert.equal(other.restore(bytes), true);
  assert.deepEqual([other.clock, other.seen], [it.clock, 41n]);
  for (const tag of ['red', 't0', 't1', 't499', 'none'])
    assert.equal(other.reach(0n, 'https://c.test/', [tag]), it.reach(0n, 'https://c.test/', [tag]), tag);
  assert.equal(other.reach(0n, KEY, []), 'gone');
  for (const wrong of [bytes.subarray(0, 4), bytes.subarray(0, bytes.length - 1), new Uint8Array(64).fill(255)])
    assert.equal(journal().restore(wrong), false);
});

test('numbers of another may leave some out; what is below the floor is gone', () => {
  const it = journal();
  it.raiseFloor(10n);
  assert.deepEqual([it.clock, it.reach(9n, KEY, []), it.reach(10n, KEY, [])], [10n, 'gone', 'untouched']);
  it.note({ kind: 'tag', tag: 'red' }, false, 11n);
  assert.deepEqual([it.clock, it.reach(10n, KEY, ['red']), it.reach(11n, KEY, ['red'])], [11n, 'gone', 'untouched']);
});

test('a prefix that is longer than there is room for purges more', () => {
  const it = journal();
  const prefix = `https://a.test/${'p'.repeat(2_000)}`;
  it.note({ kind: 'prefix', prefix }, false);
  assert.equal(it.reach(0n, prefix, []), 'gone');
  assert.equal(it.reach(0n, 'https://a.test/p', []), 'untouched');
});
