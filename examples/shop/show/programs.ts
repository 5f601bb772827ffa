/** The programs of the show: the gateway, which runs everything else, and the commands that an operator gives it. All of them end with us. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const START_MS = 20_000;
const SLUICE = fileURLToPath(new URL('../../../packages/sluice/bin/sluice.js', import.meta.url));
const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** What the show needs of an instance in the admin API's answer. */
export interface Instance {
  /** `users.2`. */
  readonly id: string;
  readonly version: string;
  readonly phase: string;
  /** Its process. */
  readonly handle: string | null;
}

/** The same of a service. */
export interface Service {
  readonly service: string;
  readonly wanted: number;
  readonly ready: number;
  readonly deploy: object | null;
  readonly instances: readonly Instance[];
}

/** A started gateway. */
export interface Gateway {
  readonly child: ChildProcess;
  readonly url: string;
  readonly admin: string;
}

/** Starts `sluice up` on the shop's configuration and waits until it listens. */
export async function startGateway(listen: string, admin: string): Promise<Gateway> {
  const config = fileURLToPath(new URL('../sluice.config.ts', import.meta.url));
  const env = { ...process.env, SHOP_LISTEN: listen, SHOP_ADMIN: admin, NO_COLOR: '1' };
  const child = spawn(process.execPath, [SLUICE, 'up', '--config', config], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.on('exit', () => children.delete(child));
  const lines = await linesUntil(child, /^ {2}admin /);
  const urls = lines.flatMap((line) => /http:\S+/.exec(line)?.[0] ?? []);
  return { child, url: urls[0] ?? '', admin: urls[1] ?? '' };
}

/** What the fleet runs now. */
export async function services({ admin }: Gateway): Promise<readonly Service[]> {
  const { services: all } = (await (await fetch(`${admin}/api/fleet`)).json()) as { services: Service[] };
  return all;
}

/** A command of an operator. @returns What it said. */
export async function operate({ admin }: Gateway, ...args: string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [SLUICE, ...args, '--admin', new URL(admin).host], { env });
  return stdout.trim();
}

/** SIGTERM, and its end. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** The wanted port where it is free, otherwise any. */
export async function portNear(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue;
    }
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (typeof address === 'object' && address !== null) return address.port;
  }
  throw new Error(`no free port near ${wanted}`);
}

/** What the program writes, up to the first line that matches; all of it is in the error when none does. */
function linesUntil(child: ChildProcess, wanted: RegExp): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const lines: string[] = [];
  const fail = (): void => reject(new Error(`${child.spawnargs.slice(1).join(' ')} did not start:\n${lines.join('\n')}`));
  const timer = setTimeout(fail, START_MS);
  const take = (line: string): void => {
    lines.push(line);
    if (wanted.test(line)) resolve(lines);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface(stream).on('line', take);
  child.once('exit', fail);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('exit', fail);
  });
}
