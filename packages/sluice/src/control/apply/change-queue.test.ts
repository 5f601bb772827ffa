import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeQueue, type ChangeScope } from './change-queue.ts';

function setUp() {
  const runs: { scope: ChangeScope; finish: (result: number) => void; fail: (error: Error) => void }[] = [];
  const queue = new ChangeQueue<number>((scope) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    runs.push({ scope, finish: resolve, fail: reject });
    return promise;
  });
  return { runs, queue };
}

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one change runs at a time; those asked for meanwhile become one', async () => {
  const { runs, queue } = setUp();
  const first = queue.request({ reload: false });
  await turns();
  const second = queue.request({ reload: false });
  const third = queue.request({ reload: true });
  await turns();
  assert.equal(runs.length, 1);
  runs[0]?.finish(1);
  await turns();
  assert.equal(runs.length, 2);
  assert.deepEqual(runs[1]?.scope, { reload: true }, 'a reload asked for by one is done for all');
  runs[1]?.finish(2);
  assert.deepEqual(await Promise.all([first, second, third]), [1, 2, 2]);
});

test('a change that fails does not stop the next', async () => {
  const { runs, queue } = setUp();
  const first = queue.request({ reload: true });
  const failed = assert.rejects(first, /on purpose/);
  await turns();
  const second = queue.request({ reload: true });
  runs[0]?.fail(new Error('on purpose'));
  await failed;
  await turns();
  runs[1]?.finish(2);
  assert.equal(await second, 2);
});
