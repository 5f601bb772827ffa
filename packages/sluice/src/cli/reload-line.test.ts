import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan, testPlan } from '../../test/support/plans.ts';
import type { ReloadResult } from '../admin/reload-result.ts';
import { ReloadLine } from './reload-line.ts';

/** A line whose changes end when the test says so. */
function setUp() {
  const begun: string[] = [];
  const ends: PromiseWithResolvers<ReloadResult>[] = [];
  const line = new ReloadLine((wish, by) => {
    begun.push(`${typeof wish === 'string' ? wish : 'plan'} ${by}`);
    ends.push(Promise.withResolvers());
    return ends.at(-1)!.promise;
  });
  const end = async (generation: number): Promise<void> => {
    ends.at(-1)!.resolve({ ok: true, generation, changes: [], tookMs: 0 });
    await new Promise(setImmediate);
  };
  return { line, begun, ends, end };
}

const [ONE, OTHER] = [testPlan([servicePlan('one', [])]), testPlan([servicePlan('other', [])])];

test('one at a time, in the order in which they were asked for; each gets its own result', async () => {
  const { line, begun, end } = setUp();
  const results = [line.request('all', 'a'), line.request(ONE, 'b'), line.request('all', 'c'), line.request(OTHER, 'd')];
  await new Promise(setImmediate);
  assert.deepEqual(begun, ['all a']);
  for (const generation of [2, 3, 4, 5]) await end(generation);
  assert.deepEqual(begun, ['all a', 'plan b', 'all c', 'plan d']);
  assert.deepEqual(
    (await Promise.all(results)).map((result) => result.ok && result.generation),
    [2, 3, 4, 5],
  );
});

test('a storm of reloads costs two; files come along with whatever waits, and a reload takes waiting files along', async () => {
  const { line, begun, end } = setUp();
  void line.request('all', 'signal');
  await new Promise(setImmediate);
  const waiting = [
    line.request('files', 'certificates'),
    ...Array.from({ length: 100 }, () => line.request('all', 'signal')),
    line.request('files', 'file'),
  ];
  await end(2);
  await end(3);
  assert.deepEqual(begun, ['all signal', 'all signal']);
  assert.deepEqual(new Set((await Promise.all(waiting)).map((result) => result.ok && result.generation)), new Set([3]));
});

test('one that fails is told to who asked for it, and the next goes on', async () => {
  const { line, begun, ends, end } = setUp();
  const [first, second] = [line.request(ONE, 'a'), line.request(OTHER, 'b')];
  await new Promise(setImmediate);
  ends[0]!.reject(new Error('broken'));
  await assert.rejects(first, /broken/);
  await new Promise(setImmediate);
  await end(7);
  assert.ok((await second).ok);
  assert.deepEqual(begun, ['plan a', 'plan b']);
});

test('so many wait at most; what is asked for beyond them is refused, and says so', async () => {
  const { line } = setUp();
  void line.request('all', 'a');
  await new Promise(setImmediate);
  for (let count = 0; count < 16; count++) void line.request(count % 2 === 0 ? ONE : OTHER, 'b');
  assert.deepEqual(await line.request(ONE, 'c'), {
    ok: false,
    faults: ['16 reloads and rollbacks wait already, as many as may: try again when they are done'],
  });
});
