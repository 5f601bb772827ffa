import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('plain words are measurements, as with --only', () => {
  assert.deepEqual(parseOptions([]).only, []);
  assert.deepEqual(parseOptions(['scaling', '--quick']).only, ['scaling']);
  assert.deepEqual(parseOptions(['--only', 'small,unix', 'scaling', 'deploy,http2']).only, ['small', 'unix', 'scaling', 'deploy', 'http2']);
});
