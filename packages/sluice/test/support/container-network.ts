/**
 * Runs tests of containers inside namespaces of their own: network (no bridge or firewall rule touches the machine), processes (nothing outlives the run) and mounts. `/sys`
 * stays as it is: runtimes need the cgroups in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAMS, hasProgram } from '../../../../scripts/system-packages.ts';
import type { EngineName } from './container-engine.ts';

const NEEDED = ['unshare', 'ip', '/bin/busybox', 'runc', 'iptables'];
const ENGINES: Readonly<Record<EngineName, readonly string[]>> = {
  docker: ['dockerd'],
  podman: ['podman', '/usr/lib/podman/netavark'],
};

/** The whole of one file; each of its tests has a bound of its own. */
const WHOLE_MS = 150_000;

/** Why this machine cannot run the engine, with the remedy; null when it can. With CI=true what is missing is an error. */
export function engineFault(name: EngineName): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'needs root on Linux to run a container engine: run the tests as root';
  const missing = [...NEEDED, ...ENGINES[name]].filter((program) => !hasProgram(program));
  if (missing.length === 0) return null;
  const fault = `needs ${missing.map((program) => PROGRAMS[program] ?? program).join(', ')}: node scripts/system-packages.ts`;
  if (process.env['CI'] === 'true') throw new Error(`${name}: ${fault}`);
  return fault;
}

/** Runs a file of tests there. @returns What it said; rejects with that when a test failed. */
export async function runInNetwork(file: string, ...args: string[]): Promise<string> {
  // Not a part of the run that we are in: it reports by itself.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const spaces = ['--net', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];
  // The shell stays: as the first process it reaps what daemons leave when they are killed.
  const shell = 'ip link set lo up; "$@"; exit $?';
  const child = spawn('unshare', [...spaces, 'sh', '-c', shell, 'sh', process.execPath, '--test-timeout=30000', file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => said.push(piece));
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const late = setTimeout(end, WHOLE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  process.off('exit', end);
  const text = Buffer.concat(said).toString();
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${text}`);
  return text;
}

/** Removes the empty groups of one name that runtimes leave when they are killed. */
export function removeGroups(name: string): void {
  const root = '/sys/fs/cgroup';
  for (const controller of readdirSync(root)) removeGroup(join(root, controller, name));
}

function removeGroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeGroup(join(path, entry.name));
    rmdirSync(path);
  } catch {
    // It is not there, or in use.
  }
}
