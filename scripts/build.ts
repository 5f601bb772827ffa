/**
 * Builds what is published: `build/<package>` with `.js` and `.d.ts` under `dist`, `bin`, and a package.json whose exports point at
 * `dist`. Inside the workspace the sources run unbuilt, so nothing is ever written beside them: a stale build cannot be picked up.
 * Publish with `npm publish ./build/sluice`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['sluice', 'kit'];

interface PackageJson {
  private?: boolean;
  exports?: unknown;
  files?: string[];
  devDependencies?: unknown;
  [key: string]: unknown;
}

/** Builds one package. @returns Its folder, ready for `npm pack` or `npm publish`. */
export function buildPackage(name: string): string {
  const source = join(ROOT, 'packages', name);
  const target = join(ROOT, 'build', name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  compile(source, join(target, 'dist'));
  if (name === 'sluice') bundleDashboard(join(target, 'dist/dashboard'));
  for (const file of ['bin', 'README.md'])
    if (existsSync(join(source, file))) cpSync(join(source, file), join(target, file), { recursive: true });
  for (const file of ['LICENSE', 'CHANGELOG.md', 'README.md']) {
    if (!existsSync(join(target, file)) && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(target, file));
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(join(source, 'package.json')), null, 2)}\n`);
  return target;
}

function compile(source: string, outDir: string): void {
  const { status } = spawnSync('tsc', ['-p', join(source, 'tsconfig.build.json'), '--outDir', outDir], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${source}: tsc failed; see above`);
  for (const file of globSync('**/*.js', { cwd: outDir })) rewriteUrls(join(outDir, file));
}

/** The compiler rewrites the endings of imports, not those of `new URL('./worker.ts', import.meta.url)`. */
function rewriteUrls(file: string): void {
  const text = readFileSync(file, 'utf8');
  const rewritten = text.replace(/(new URL\((['"])\.{1,2}\/[^'"]*)\.ts(\2, import\.meta\.url\))/g, '$1.js$3');
  if (rewritten !== text) writeFileSync(file, rewritten);
}

/** The dashboard, built anew where `admin/dashboard-files.ts` of the package looks for it. */
function bundleDashboard(outDir: string): void {
  const source = join(ROOT, 'packages/dashboard');
  const args = ['build', source, '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn'];
  const { status } = spawnSync('vite', args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${source}: vite failed; see above`);
}

/** The workspace manifest with exports on `dist`; publishable, without what only the workspace needs. */
function publishedManifest(file: string): PackageJson {
  const {
    private: _private,
    devDependencies: _devDependencies,
    scripts: _scripts,
    ...manifest
  } = JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
  return { ...manifest, exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }, files: ['dist', 'bin'] };
}

if (import.meta.main) for (const name of PACKAGES) console.log(`built ${buildPackage(name)}`);
