import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { hexId, uuid7 } from './random-ids.ts';

test('a UUID of version 7 begins with the time, and says its version and variant', () => {
  const random = seededRandom(1);
  // The example of RFC 9562, appendix A.6.
  const id = uuid7(0x017f22e279b0, random);
  assert.match(id, /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const later = Array.from({ length: 50 }, (_, index) => uuid7(0x017f22e279b0 + index * 1000, random));
  assert.deepEqual(later.toSorted(), later);
});

test('ids differ', () => {
  const random = seededRandom(1);
  assert.equal(new Set(Array.from({ length: 1000 }, () => hexId(random))).size, 1000);
  assert.match(hexId(random), /^[0-9a-f]{32}$/);
});
