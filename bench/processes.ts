/**
 * Everything a benchmark starts, so that everything is stopped again: by pid, in reverse order, also when a row fails or the
 * person presses Ctrl-C. Temporary directories go the same way.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** A process under measurement, and where its output went. */
export interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** A directory under the system's temporary one; removed at the end. */
export function temporaryDirectory(label: string): string {
  const path = mkdtempSync(join(tmpdir(), `sluice-bench-${label}-`));
  directories.add(path);
  return path;
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program; its output goes to a file, because a pipe that nobody reads stalls it. */
export function start(label: string, command: string, parameters: readonly string[], environment: Record<string, string> = {}): Started {
  const logFile = join(temporaryDirectory(label), 'output.log');
  const log = openSync(logFile, 'a');
  const child = spawn(command, parameters, { stdio: ['ignore', log, log], env: { ...process.env, ...environment } });
  closeSync(log);
  child.on('error', () => {});
  if (child.pid === undefined) throw new Error(`${label}: cannot start ${command}; is it installed and on PATH?`);
  running.add(child);
  child.on('exit', () => running.delete(child));
  return { pid: child.pid, child, logFile, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 1500);
  await gone;
  clearTimeout(timer);
}

/** Waits until a TCP port or unix socket accepts; fails with the program's own words when it does not within 10 s. */
export async function waitForListener(started: Started, where: number | string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if (started.child.exitCode !== null) break;
    if (await accepts(where)) return;
    await sleep(30);
  }
  throw new Error(`pid ${started.pid} does not listen on ${where} after 10 s:\n${readFileSync(started.logFile, 'utf8').slice(-2000)}`);
}

function accepts(where: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

/** Stops all that runs and removes the temporary directories. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].toReversed().map(stop));
  for (const path of directories) rmSync(path, { recursive: true, force: true });
  directories.clear();
}

function cleanUpNow(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const path of directories) rmSync(path, { recursive: true, force: true });
}

process.on('exit', cleanUpNow);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
