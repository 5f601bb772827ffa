import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../test/support/run-program.ts';
import { AccessTokens } from '../admin/access-tokens.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

test('a new token opens what its digest is configured for', async () => {
  const { code, output } = await runProgram(process.execPath, [PROGRAM, 'hash-token']);
  const [, token = '', sha256 = ''] = /^token: {2}([\w-]{43})\nsha256: ([0-9a-f]{64})\n$/.exec(output) ?? [];
  assert.equal(code, 0, output);
  assert.deepEqual(new AccessTokens(null, [{ name: 'ci', sha256, scope: 'read' }]).find(token), { name: 'ci', scope: 'read' });
});

test('the digest of a given token is without the line end', async () => {
  const { output } = await runProgram(process.execPath, [PROGRAM, 'hash-token', '--given'], { input: 'correct-horse-battery\n' });
  assert.equal(output, `sha256: ${createHash('sha256').update('correct-horse-battery').digest('hex')}\n`);
});

test('what cannot be a token is one line and nothing of it', async () => {
  for (const [input, expected] of [
    ['hunter2', /must have 16 to 256 characters, it has 7/],
    ['hunter2 hunter2 hunter2', /visible ASCII characters only/],
    ['hunter2'.repeat(100), /is longer than 256 characters/],
  ] as const) {
    const { code, output } = await runProgram(process.execPath, [PROGRAM, 'hash-token', '--given'], { input });
    assert.deepEqual([code, output.trim().split('\n').length], [2, 1], output);
    assert.match(output, expected);
    assert.doesNotMatch(output, /hunter2/);
  }
});
