/** What a program says its version is. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** First line of the program's answer, or null when it cannot be run. */
export function programVersion(command: string, parameters: readonly string[]): string | null {
  const result = spawnSync(command, parameters, { encoding: 'utf8' });
  if (result.error !== undefined) return null;
  return `${result.stdout}${result.stderr}`.trim().split('\n')[0]?.slice(0, 60) ?? null;
}

/** Version of an installed npm package. */
export function packageVersion(name: string): string | null {
  try {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    return `${name} ${version} on Node.js ${process.versions.node}`;
  } catch {
    return null;
  }
}
