import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { EndpointNames } from './endpoint-names.ts';

function setUp() {
  const runtime = manualRuntime();
  const world = { answers: new Map<string, string[] | 'silent'>(), changes: 0 };
  const names = new EndpointNames({
    runtime,
    lookup: (name, _options, done) => {
      const answer = world.answers.get(name);
      if (answer === 'silent') return;
      if (answer === undefined) return done(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '', 4);
      done(
        null,
        answer.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
    changed: () => void world.changes++,
  });
  const advance = async (ms: number): Promise<void> => {
    runtime.advance(ms);
    for (let round = 0; round < 4; round++) await turn();
  };
  return { runtime, world, names, advance };
}

test('addresses are there when names were learned, in one order however they turn', async () => {
  const { world, names, advance } = setUp();
  world.answers.set('a', ['10.0.0.2', '10.0.0.1', '10.0.0.2']);
  await names.learn(['a']);
  assert.deepEqual(names.addresses('a'), ['10.0.0.1', '10.0.0.2']);
  world.answers.set('a', ['10.0.0.1', '10.0.0.2']);
  await advance(1_000);
  assert.equal(world.changes, 1);
  world.answers.set('a', ['10.0.0.3']);
  await advance(1_000);
  assert.deepEqual([world.changes, names.addresses('a')], [2, ['10.0.0.3']]);
});

test('the last addresses stay while there is no answer', async () => {
  const { world, names, advance } = setUp();
  world.answers.set('a', ['10.0.0.1']);
  await names.learn(['a']);
  world.answers.delete('a');
  await advance(1_000);
  assert.deepEqual([world.changes, names.addresses('a')], [1, ['10.0.0.1']]);
});

test('a name server that is silent holds up a start by two seconds at most', async () => {
  const { world, names, runtime, advance } = setUp();
  world.answers.set('a', 'silent');
  let isLearned = false;
  const learned = names.learn(['a']).then(() => (isLearned = true));
  runtime.advance(1_900);
  await turn();
  assert.equal(isLearned, false);
  runtime.advance(100);
  await learned;
  // Nor does it hold up other names.
  await names.learn(['b']);
  world.answers.set('b', ['10.0.0.2']);
  await advance(1_000);
  assert.deepEqual([world.changes, names.addresses('b')], [1, ['10.0.0.2']]);
});

test('forgotten names are not asked for, and without names nothing runs', async () => {
  const { world, names, runtime } = setUp();
  world.answers.set('a', ['10.0.0.1']);
  await names.learn(['a', 'b']);
  names.retain(new Set(['b']));
  assert.deepEqual(names.addresses('a'), []);
  names.retain(new Set());
  assert.equal(runtime.waiting, 0);
});
