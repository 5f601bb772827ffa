/** Programs of the system that tests talk to. `scripts/system-packages.ts` installs them where it can. */
import { spawnSync } from 'node:child_process';

/** Why a test that needs these programs is skipped; false when all are there. */
export function skipWithout(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync(program, ['--help'], { stdio: 'ignore', timeout: 5_000 }).error !== undefined);
  return missing.length === 0 ? false : `needs ${missing.join(' and ')}`;
}
