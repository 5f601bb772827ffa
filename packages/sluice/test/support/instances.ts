/** Instances of a small service: in this process for speed, or as processes of their own to be killed. The body names the instance. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from './waiting.ts';

export interface Instance {
  readonly name: string;
  readonly port: number;
  readonly address: string;
  /** Requests so far; only of instances in this process. */
  readonly served: () => number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An instance in this process. `delayMs` may depend on the request. */
export async function startInstance(name: string, delayMs: (request: IncomingMessage) => number = () => 0): Promise<Instance> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    count++;
    request.resume();
    const delay = delayMs(request);
    const answer = (): void => void response.writeHead(200, { 'content-length': name.length }).end(name);
    // After the body's end: a reply before it would be an early one, which ends the client's connection.
    request.on('end', () => void (delay === 0 ? answer() : setTimeout(answer, delay)));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    port,
    address: `127.0.0.1:${port}`,
    served: () => count,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const fixture = fileURLToPath(new URL('../fixtures/instance.mjs', import.meta.url));

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** An instance as a process. */
export async function startInstanceProcess(name: string): Promise<Instance & { kill(): Promise<void> }> {
  const port = await freePort('127.0.0.1');
  const environment = { ...process.env, PORT: String(port), HOST: '127.0.0.1', SLUICE_INSTANCE: name };
  const child = spawn(process.execPath, [fixture], { stdio: 'ignore', env: environment });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  running.add(child);
  child.once('exit', () => running.delete(child));
  await eventually(5000, `instance ${name} answers`, async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.ok ?? false);
  return { name, port, address: `127.0.0.1:${port}`, served: () => 0, kill, [Symbol.asyncDispose]: kill };
}
