/** The real program for black-box tests: `sluice up` with a configuration of its own, on free ports, stopped by pid. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { freePort } from '../../src/io/ports.ts';
import { eventually, within } from './waiting.ts';

/** `SLUICE_TEST_PROGRAM` runs the same tests against another program that understands `up --config FILE`. */
const program = process.env['SLUICE_TEST_PROGRAM'] ?? fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

/** A configuration without what the harness decides: the address of the listener `web`, and the admin API's. */
export type GatewayConfig = Omit<ConfigInput, 'listeners' | 'admin'> & {
  readonly listener?: Omit<ConfigInput['listeners'][string], 'http'>;
  /** Others beside `web`. */
  readonly more?: ConfigInput['listeners'];
};

export interface Gateway {
  readonly port: number;
  readonly adminPort: number;
  readonly pid: number;
  /** Its stdout and stderr so far. */
  output(): string;
  /** Writes a new configuration and reloads it through the admin API; rejects with the answer when that is not 2xx. */
  reload(config: GatewayConfig): Promise<void>;
  /** GET of an admin path, as text. */
  admin(path: string, init?: RequestInit): Promise<Response>;
  signal(name: NodeJS.Signals): void;
  /** The exit code or signal, when it ends by itself or after `signal`. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** One service `origin` behind one route. */
export function oneOrigin(...ports: readonly number[]): GatewayConfig {
  return {
    services: { origin: { endpoints: ports.map((port) => `127.0.0.1:${port}`), outlier: false } },
    routes: [{ path: '/*', to: 'origin' }],
    workers: 1,
  };
}

export interface StartOptions {
  /** Added to this process's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The program in place of the one run from its sources. */
  readonly program?: string;
}

/** Starts the gateway and waits until it accepts connections. */
export async function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const [port, adminPort, file, log] = [
    await freePort('127.0.0.1'),
    await freePort('127.0.0.1'),
    join(folder, 'sluice.config.json'),
    join(folder, 'output'),
  ];
  const write = (given: GatewayConfig): void => writeFileSync(file, configText(given, port, adminPort));
  write(config);
  const descriptor = openSync(log, 'a');
  const child = spawn(process.execPath, [options.program ?? program, 'up', '--config', file], {
    stdio: ['ignore', descriptor, descriptor],
    env: { ...process.env, ...options.environment },
  });
  closeSync(descriptor);
  running.add(child);
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  void exited.then(() => running.delete(child));
  const output = (): string => readFileSync(log, 'utf8');
  // The first worker may listen before the last one does; the admin API answers when all do.
  const ready = async (): Promise<void> => {
    await eventually(20_000, 'the gateway listens', () => listens(port, child, output));
    await eventually(
      10_000,
      'the admin API answers',
      async () => (await fetch(`http://127.0.0.1:${adminPort}/healthz`).catch(() => null)) !== null,
    );
  };
  await ready().catch((error: unknown) => {
    child.kill('SIGKILL'); // who waits for it would wait for ever
    throw error;
  });
  return {
    port,
    adminPort,
    pid: child.pid ?? 0,
    output,
    exited,
    async reload(given) {
      write(given);
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
      const response = await fetch(`http://127.0.0.1:${adminPort}/api/reload`, init).catch((error: Error) => {
        throw new Error(`POST /api/reload: ${String(error.cause)}`, { cause: error });
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`POST /api/reload gave ${response.status}: ${text}`);
    },
    admin: (path, init) => fetch(`http://127.0.0.1:${adminPort}${path}`, init),
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await within(3000, 'the gateway stops after SIGTERM', exited).catch(() => child.kill('SIGKILL'));
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText({ listener, more, ...rest }: GatewayConfig, port: number, adminPort: number): string {
  const kind = listener?.tls === undefined ? 'http' : 'https';
  const listeners = { web: { ...listener, [kind]: `127.0.0.1:${port}` }, ...more };
  return JSON.stringify({ listeners, admin: `127.0.0.1:${adminPort}`, drainTimeout: '2s', ...rest });
}

async function listens(port: number, child: ChildProcess, output: () => string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`the gateway ended with exit ${child.exitCode}:\n${output().slice(-3000)}`);
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
