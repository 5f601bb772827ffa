/** The show as it is run by `npm run demo`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const DEMO = fileURLToPath(new URL('demo.ts', import.meta.url));

test('an instance is killed with -9 and nobody notices; the show ends by itself in under 30 seconds', { timeout: 60_000 }, async () => {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env: { ...process.env, NO_COLOR: '1' }, timeout: 50_000 });
  assert.ok(performance.now() - startedAt < 30_000, stdout);
  assert.equal(stdout.match(/✔ \d+ requests, 0 failed/g)?.length, 3, stdout);
  const [, , afterKill = '', afterRestart = ''] = stdout.split('▸ ').slice(1);
  assert.match(afterKill, /users\.2 .* killed/);
  assert.match(afterRestart, /users\.2 +\S+ +[1-9]\d*$/m, 'the restarted instance is used again');
});
