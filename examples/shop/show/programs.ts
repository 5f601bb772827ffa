/** The programs of the show: instances of the services, and the gateway. All of them end with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 15_000;
const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export interface Instance {
  /** `users.2`. */
  readonly name: string;
  readonly service: string;
  readonly port: number;
  child: ChildProcess;
}

/** A started gateway. */
export interface Gateway {
  readonly child: ChildProcess;
  readonly url: string;
  readonly admin: string;
}

/** Starts an instance of a service and waits until it listens. */
export async function startInstance(service: string, number: number, port: number): Promise<Instance> {
  const name = `${service}.${number}`;
  return { name, service, port, child: await startService(service, name, port) };
}

/** Starts it again after its end, on the same port. */
export async function restartInstance(instance: Instance): Promise<void> {
  instance.child = await startService(instance.service, instance.name, instance.port);
}

async function startService(service: string, name: string, port: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL(`../services/${service}.ts`, import.meta.url));
  const child = start([file], { PORT: String(port), HOST: '127.0.0.1', INSTANCE: name });
  await linesUntil(child, /listens/);
  return child;
}

/** Starts `sluice up` on the shop's configuration and waits until it listens. */
export async function startGateway(instances: readonly Instance[], listen: string, admin: string): Promise<Gateway> {
  const command = fileURLToPath(new URL('../../../packages/sluice/bin/sluice.js', import.meta.url));
  const config = fileURLToPath(new URL('../sluice.config.ts', import.meta.url));
  const env: Record<string, string> = { SHOP_LISTEN: listen, SHOP_ADMIN: admin };
  for (const { service, port } of instances) {
    const variable = `SHOP_${service.toUpperCase()}`;
    env[variable] = `${env[variable] === undefined ? '' : `${env[variable]},`}127.0.0.1:${port}`;
  }
  const child = start([command, 'up', '--config', config], env);
  const lines = await linesUntil(child, /^ {2}admin /);
  const urls = lines.flatMap((line) => /http:\S+/.exec(line)?.[0] ?? []);
  return { child, url: urls[0] ?? '', admin: urls[1] ?? '' };
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

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
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
