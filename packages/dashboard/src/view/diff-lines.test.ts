import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffLines } from './diff-lines.ts';

test('lines of a diff say whether they came or went; the names of the sides are left out', () => {
  const lines = diffLines('--- generation 1\n+++ generation 2\n@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2\n }\n');
  assert.deepEqual(
    lines.map(({ kind, text }) => `${kind}: ${text}`),
    ['place: @@ -1,3 +1,3 @@', 'same:  {', 'removed: -  "a": 1', 'added: +  "a": 2', 'same:  }'],
  );
  assert.deepEqual(diffLines(''), []);
});
