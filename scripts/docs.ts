/** Regenerates every reference page that is made from code: runs each `*.reference.ts` of scripts/reference. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const files = globSync(join(import.meta.dirname, 'reference', '*.ts')).filter((file) => !file.endsWith('.test.ts'));
for (const file of files.sort()) {
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
