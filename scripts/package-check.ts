/**
 * Builds the packages, packs them, installs the tarballs into an empty folder as a stranger would, and runs what is in them: the program
 * by its bin (version, a configuration check), the libraries by import.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackage } from './build.ts';

const CONFIG =
  "import { defineConfig } from 'sluice';\nexport default defineConfig({ listeners: { web: { http: ':0' } }, services: { a: { endpoints: ['127.0.0.1:1'] } }, routes: [{ path: '/*', to: 'a' }] });\n";

/** Runs a command in a folder. @throws Error with its output when it fails. */
function run(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 180_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status ?? error?.message}\n${stdout}${stderr}`);
  return stdout.trim();
}

function pack(name: string, target: string): string {
  const packed = JSON.parse(run(buildPackage(name), 'npm', ['pack', '--json', '--pack-destination', target])) as unknown;
  const [first] = Array.isArray(packed) ? (packed as { filename: string }[]) : (Object.values(packed as object) as { filename: string }[]);
  return join(target, first!.filename);
}

function check(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n');
  const tarballs = ['sluice', 'kit'].map((name) => pack(name, folder));
  run(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]);
  run(folder, process.execPath, [
    '-e',
    "import('sluice').then((m) => { if (typeof m.defineConfig !== 'function') throw new Error('sluice exports no defineConfig') })",
  ]);
  run(folder, process.execPath, [
    '-e',
    "import('@sluice/kit').then((m) => { if (typeof m.loadReporter !== 'function') throw new Error('kit exports no loadReporter') })",
  ]);
  const bin = join(folder, 'node_modules', '.bin', 'sluice');
  console.log(`sluice --version: ${run(folder, process.execPath, [bin, '--version'])}`);
  writeFileSync(join(folder, 'sluice.config.ts'), CONFIG);
  run(folder, process.execPath, [bin, 'check', '--config', 'sluice.config.ts']);
}

if (existsSync(join(import.meta.dirname, '../packages/sluice/src/cli/main.ts'))) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'));
  try {
    check(folder);
    console.log('the packed packages install and run');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else {
  console.log('package: no cli yet');
}
