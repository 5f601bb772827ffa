/** The show as it is run by `npm run demo`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const DEMO = fileURLToPath(new URL('demo.ts', import.meta.url));

test('a kill, a deploy and a rush, and nobody notices; the show ends by itself in under a minute', { timeout: 90_000 }, async () => {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env: { ...process.env, NO_COLOR: '1' }, timeout: 80_000 });
  assert.ok(performance.now() - startedAt < 60_000, stdout);
  assert.equal(stdout.match(/✔ \d+ requests, 0 failed/g)?.length, 5, stdout);
  const [, , afterKill = '', afterDeploy = '', inRush = '', afterRush = ''] = stdout.split('▸ ').slice(1);
  assert.match(afterKill, /users\.2 +\S+ +[1-9]\d* +killed, and back/, 'the restarted instance is used again');
  assert.match(afterDeploy, /orders\.3 +\S+ +[1-9]\d* +v2/);
  assert.match(inRush, /eight instances of products after \d+ ms/);
  assert.match(afterRush, /four instances again after \d+ ms\n.*4 wanted/);
});
