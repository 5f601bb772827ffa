/**
 * Builds the packages, packs them, installs the tarballs into an empty folder as a stranger would, and runs what is in them: the libraries by
 * import, the program by its bin (version, a configuration check, a request through a running gateway).
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackage } from './build.ts';

const CONFIG =
  "import { defineConfig } from 'sluice';\n" +
  "export default defineConfig({ listeners: { web: { http: ':8080' } }, services: { a: { endpoints: ['127.0.0.1:1'] } }, routes: [{ to: 'a' }] });\n";
/** A port that nothing else here has. */
const ADMIN = '127.0.0.1:19931';
const START_TIMEOUT_MS = 20_000;

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

function install(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n');
  const tarballs = ['sluice', 'kit'].map((name) => pack(name, folder));
  run(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]);
}

/** Fails when a package does not export a function of that name. */
function checkExport(folder: string, name: string, exported: string): void {
  const code = `import('${name}').then((m) => { if (typeof m.${exported} !== 'function') throw new Error('${name} exports no ${exported}') })`;
  run(folder, process.execPath, ['-e', code]);
}

/** A request through the installed program: workers start from the built files, too. */
async function checkGateway(bin: string): Promise<void> {
  const origin = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const to = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const args = [bin, 'proxy', '--from', '127.0.0.1:0', '--to', to, '--workers', '1', '--admin', ADMIN];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const response = await fetch(await firstUrl(child.stdout));
    assert.equal(await response.text(), 'hello');
    await checkDashboard();
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null], 'SIGTERM ends the program with 0');
  } finally {
    child.kill('SIGKILL');
    origin.closeAllConnections();
    origin.close();
  }
}

/** The page and every file that it names come out of the package. */
async function checkDashboard(): Promise<void> {
  const page = await fetch(`http://${ADMIN}/`);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/, 'the package has no dashboard in it');
  const files = Array.from((await page.text()).matchAll(/(?:src|href)="(\.\/[^"]+)"/g), ([, path = '']) => path);
  assert.ok(
    files.some((path) => path.endsWith('.js')),
    'the page names no script',
  );
  for (const path of files) assert.equal((await fetch(new URL(path, `http://${ADMIN}/`))).status, 200, path);
}

/** The first address that the program prints. */
async function firstUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  let text = '';
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) return url;
    const [chunk] = (await once(stdout, 'data', { signal })) as [Buffer];
    text += chunk.toString('utf8');
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'));
try {
  install(folder);
  checkExport(folder, 'sluice', 'defineConfig');
  checkExport(folder, '@sluice/kit', 'loadReporter');
  const bin = join(folder, 'node_modules', '.bin', 'sluice');
  console.log(`sluice --version: ${run(folder, process.execPath, [bin, '--version'])}`);
  writeFileSync(join(folder, 'sluice.config.ts'), CONFIG);
  console.log(run(folder, process.execPath, [bin, 'check']));
  await checkGateway(bin);
  console.log('the packed packages install and run');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
