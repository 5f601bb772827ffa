import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { claimName } from './name-claim.ts';

test('a name has one holder at a time, who says who it is', { skip: process.platform !== 'linux' }, async () => {
  const name = `sluice-test-${randomBytes(6).toString('hex')}`;
  const first = await claimName(name);
  assert.ok(first.isOurs);
  assert.deepEqual(await claimName(name), { isOurs: false, pid: process.pid });
  first.release();
  const second = await claimName(name);
  assert.ok(second.isOurs);
  second.release();
});
