import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purgeBody, purgeOutcome } from './purge-request.ts';

test('exactly one thing is purged, in one cache or each', () => {
  assert.deepEqual(purgeBody({ kind: 'tag', text: ' a ', cache: '', soft: false }), { tag: 'a', soft: false });
  assert.deepEqual(purgeBody({ kind: 'url', text: 'https://a/b', cache: 'x', soft: true }), { url: 'https://a/b', cache: 'x', soft: true });
  assert.deepEqual(purgeBody({ kind: 'all', text: 'left over', cache: '', soft: false }), { all: true, soft: false });
});

test('what came of it is told for each cache', () => {
  assert.equal(
    purgeOutcome(
      [
        { cache: 'default', entries: 1 },
        { cache: 'other', entries: -1 },
      ],
      false,
    ),
    'default: 1 reply taken out.\nother: purged; how many replies is not counted.',
  );
  assert.equal(purgeOutcome([{ cache: 'default', entries: 0 }], true), 'default: 0 replies made stale.');
  assert.match(purgeOutcome([], true), /nothing was purged/);
});
