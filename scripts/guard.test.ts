/** On a Node.js that is too old, the scripts of this repository and the published program say so in one line instead of a syntax error. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const PRETEND_OLD = "data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";

for (const file of ['scripts/guard.js', 'packages/sluice/bin/sluice.js']) {
  test(`${file} on Node.js 20 names what it needs, and fails`, () => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', PRETEND_OLD, join(ROOT, file)], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^sluice: needs Node\.js 24 or newer, this is 20\.20\.2/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}

test('the guard lets the pinned Node.js pass in silence', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/guard.js')], { encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
});
