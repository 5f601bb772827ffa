import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import type { InstanceView } from './instance-view.ts';
import { chooseVictims, type VictimCandidate } from './victims.ts';

const WALL = timestamp(1_000_000);

function candidate(id: string, inflight = 0, changes: Partial<InstanceView> = {}): VictimCandidate {
  const view: InstanceView = {
    id,
    version: 'v2',
    phase: 'ready',
    since: instant(0),
    startedAt: timestamp(900_000),
    address: `127.0.0.1:${id}`,
    handle: null,
    restarts: 0,
    isProtected: false,
    trouble: null,
    cpu: null,
    memoryBytes: null,
    ...changes,
  };
  return { view, inflight };
}

const choose = (candidates: readonly VictimCandidate[], count: number) =>
  chooseVictims({ candidates, count, versions: ['v1', 'v2'], wall: WALL });

test('those that do not serve go first, then the oldest version, then the idlest, then the youngest', () => {
  const all = [
    candidate('busy', 9),
    candidate('idle-old', 1, { startedAt: timestamp(800_000) }),
    candidate('idle-young', 1, { startedAt: timestamp(950_000) }),
    candidate('first-version', 50, { version: 'v1' }),
    candidate('unnamed-version', 60, { version: 'v0' }),
    candidate('starting', 0, { phase: 'starting' }),
    candidate('unready', 0, { phase: 'unready' }),
    candidate('waiting', 0, { phase: 'waiting' }),
    candidate('never', 0, { phase: 'starting', trouble: { kind: 'never-ready', detail: '' } }),
  ];
  const order = ['never', 'waiting', 'unready', 'starting', 'unnamed-version', 'first-version', 'idle-young', 'idle-old', 'busy'];
  for (let count = 0; count <= all.length; count++) assert.deepEqual(choose(all, count).ids, order.slice(0, count));
});

test('who leaves already is nobody to choose, and no rival', () => {
  const choice = choose([candidate('1', 0, { phase: 'draining' }), candidate('2', 0, { phase: 'stopping' }), candidate('3', 5)], 2);
  assert.deepEqual(choice.ids, ['3']);
  assert.equal(choice.bound, null, 'nobody was protected');
  assert.deepEqual(choice.records, [{ id: '3', isChosen: true, inflight: 5, version: 'v2', isProtected: false, ageSeconds: 100 }]);
});

test('protected instances stay: fewer go, and the bound says so', () => {
  const all = [candidate('1', 0, { isProtected: true }), candidate('2', 7), candidate('3', 0, { isProtected: true, phase: 'unready' })];
  const choice = choose(all, 2);
  assert.deepEqual(choice.ids, ['2']);
  assert.deepEqual(
    choice.records.map(({ id, isChosen, isProtected }) => [id, isChosen, isProtected]),
    [
      ['2', true, false],
      ['3', false, true],
      ['1', false, true],
    ],
  );
  assert.deepEqual({ ...choice.bound, detail: '' }, { bound: 'protected', from: 1, to: 2, detail: '' });
  assert.match(choice.bound!.detail, /3, 1/);
});

test('a record of a thousand instances names ten rivals', () => {
  const all = Array.from({ length: 1_000 }, (_, index) => candidate(String(index), index));
  const choice = choose(all, 2);
  assert.deepEqual(choice.ids, ['0', '1']);
  assert.equal(choice.records.length, 12);
});
