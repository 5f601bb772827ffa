/**
 * The program as it is published, for what the sources cannot show: run from sources, Node's type stripper lives in the process and takes
 * about 40 MiB. Built once per test process, into a folder of its own, because tests may run while a build is tested elsewhere.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../', import.meta.url));
const workspace = fileURLToPath(new URL('../../../../', import.meta.url));

/** Compiles the package. @returns The path of its `bin/sluice.js`, and what removes it again. */
export function buildProgram(): { readonly program: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  const parameters = ['-p', join(source, 'tsconfig.build.json'), '--outDir', join(folder, 'dist'), '--declaration', 'false'];
  const { status, stdout } = spawnSync(join(workspace, 'node_modules/.bin/tsc'), parameters, { encoding: 'utf8' });
  if (status !== 0 || !existsSync(join(folder, 'dist/cli/main.js'))) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`the package does not compile:\n${stdout.slice(0, 3000)}`);
  }
  for (const file of globSync('**/*.js', { cwd: join(folder, 'dist') })) rewriteUrls(join(folder, 'dist', file));
  cpSync(join(source, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(source, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(workspace, 'node_modules'), join(folder, 'node_modules'));
  return { program: join(folder, 'bin/sluice.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The compiler rewrites the endings of imports, not those of `new URL('./worker.ts', import.meta.url)`. */
function rewriteUrls(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/(new URL\((['"])\.{1,2}\/[^'"]*)\.ts(\2, import\.meta\.url\))/g, '$1.js$3'));
}
