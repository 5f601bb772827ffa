/** Slow hashes are asked for once per minute and secret, few at a time, and in a line that ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import { SecretCheck } from './secret-check.ts';

function world() {
  let nowMs = 0;
  const asked: { readonly answer: (isRight: boolean) => void; readonly fail: () => void }[] = [];
  const check = new SecretCheck({ now: () => instant(nowMs), wall: () => timestamp(nowMs) });
  return {
    asked,
    advance: (ms: number) => void (nowMs += ms),
    check: (about: string, secret: string) =>
      check.check(
        about,
        secret,
        () => new Promise((resolve, reject) => asked.push({ answer: resolve, fail: () => reject(new Error('no memory')) })),
      ),
  };
}

test('a right answer holds for a minute, a wrong one for 5 s', async () => {
  const { asked, check, advance } = world();
  const [right, wrong] = [check('anna', 'good'), check('anna', 'bad')];
  asked[0]!.answer(true);
  asked[1]!.answer(false);
  assert.deepEqual([await right, await wrong], [true, false]);
  advance(4_999);
  assert.deepEqual([check('anna', 'good'), check('anna', 'bad'), asked.length], [true, false, 2]);
  advance(1);
  assert.ok(check('anna', 'bad') instanceof Promise);
  advance(55_000);
  assert.ok(check('anna', 'good') instanceof Promise);
});

test('an answer is that of one user and one secret', async () => {
  const { asked, check } = world();
  const first = check('anna', 'good');
  asked[0]!.answer(true);
  await first;
  assert.ok(check('bert', 'good') instanceof Promise);
  assert.ok(check('ann', 'agood') instanceof Promise);
});

test('the same question under way is asked once', () => {
  const { asked, check } = world();
  assert.equal(check('anna', 'a'), check('anna', 'a'));
  assert.equal(asked.length, 1);
});

test('two are asked at a time, 64 wait, and more are sent away', async () => {
  const { asked, check } = world();
  const answers = Array.from({ length: 66 }, (_, index) => check('anna', `guess ${index}`));
  assert.equal(asked.length, 2);
  assert.equal(check('anna', 'one more'), null);
  for (let index = 0; index < 66; index++) {
    asked[index]!.answer(false);
    await answers[index];
    assert.ok(asked.length <= index + 3);
  }
  assert.equal(asked.length, 66);
});

test('a hash that fails is no answer, and gives its place up', async () => {
  const { asked, check } = world();
  for (let round = 0; round < 3; round++) {
    const answer = check('anna', 'a') as Promise<boolean>;
    asked[round]!.fail();
    await assert.rejects(answer, /no memory/);
  }
  assert.equal(asked.length, 3);
});
